// The pairing rules of bpf/, said once more in the plainest way: a list of lines, searched from end to end, without
// places, claims or CPUs. In: what the hooks say, one event after the other, and the two things that follow from the
// real table's size alone, which lines it evicted and recycled. Out: lines, counters, ghosts. Where the rules leave a
// choice among ambiguous lines, the caller says what the real programs chose, and the model whether they might.

import { COUNTERS, type COUNTERS as Counters, FLAG, GEOMETRY } from "../../src/model/request.gen.ts";
import type { Key } from "./driver.ts";

const READ = 8;
const WRITE = 9;
const ECHO = 13;

type CounterName = (typeof Counters)[number];

export interface Line {
  readonly key: Key;
  readonly thread: number;
  open: boolean;
  flags: number;
  ntStatus: number;
  errno: number;
}

export interface Reply extends Key {
  readonly thread: number;
  /** Undefined: smb3_cmd_done. */
  readonly error?: { readonly ntStatus: number; readonly rc: number };
}

export class PairingModel {
  /** By number, which is what the tests put into the request's tree id. */
  readonly lines = new Map<number, Line>();
  /** Keys of READs and WRITEs in flight that have no line. */
  readonly ghosts: string[] = [];
  readonly counters: Record<CounterName, number>;

  constructor() {
    this.counters = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<CounterName, number>;
  }

  /** @param evicted numbers of open lines that had to go for this one. */
  enter(request: Key & { readonly thread: number }, evicted: readonly number[] = []): void {
    const { thread, treeId, sessionId, command, messageId } = request;
    if (command === ECHO) {
      this.counters.echoed++;
      return;
    }
    if (command >= GEOMETRY.COMMANDS) {
      this.counters.unknown_command++;
      return;
    }
    let flags = 0;
    for (const twin of this.openLines(request)) {
      if (pairsBySession(command)) {
        twin.flags |= FLAG.AMBIGUOUS;
        flags = FLAG.AMBIGUOUS;
      } else {
        this.close(twin, FLAG.SUPERSEDED);
        this.counters.superseded++;
      }
    }
    for (const number of evicted) this.evict(number);
    const key = { treeId, sessionId, command, messageId };
    this.lines.set(treeId, { key, thread, open: true, flags, ntStatus: 0, errno: 0 });
    this.counters.entered++;
  }

  /** The lines that a reply may close: those of its key, its own task's first. */
  allowed(reply: Reply): readonly Line[] {
    const matches = this.openLines(reply);
    const own = matches.filter(({ thread }) => thread === reply.thread);
    return own.length > 0 ? own : matches;
  }

  /**
   * @param chosen which of `allowed` the reply closed; undefined where there is none.
   * @returns the line, complete.
   */
  reply(reply: Reply, chosen: Line | undefined): Line | undefined {
    if (chosen === undefined) {
      if (pairsBySession(reply.command)) this.removeGhost(reply);
      this.counters.unpaired++;
      return undefined;
    }
    const isAmbiguous =
      pairsBySession(reply.command) &&
      (this.openLines(reply).length > 1 || this.ghosts.includes(ghostOf(reply)));
    if (isAmbiguous) for (const line of this.openLines(reply)) line.flags |= FLAG.AMBIGUOUS;
    const { error } = reply;
    this.close(chosen, FLAG.REPLIED | (error === undefined ? 0 : FLAG.ERRORED));
    chosen.ntStatus = error?.ntStatus ?? 0;
    chosen.errno = Math.min(255, Math.max(0, -(error?.rc ?? 0)));
    if ((chosen.flags & FLAG.AMBIGUOUS) !== 0) this.counters.ambiguous++;
    else this.counters.replied++;
    if (error !== undefined && error.rc < 0 && !pairsBySession(reply.command)) this.closeTail(reply);
    return chosen;
  }

  /** A complete line whose place was needed. */
  recycle(number: number): void {
    if (this.lines.get(number)?.open !== false) throw new Error(`request ${number} is gone and not complete`);
    this.lines.delete(number);
  }

  /** @returns what reap_request has to return. */
  reap(number: number): number {
    const line = this.lines.get(number);
    if (line === undefined || !line.open) return 0;
    this.close(line, FLAG.REAPED);
    this.counters.reaped++;
    if (pairsBySession(line.key.command)) {
      for (const twin of this.openLines({ ...line.key, thread: line.thread })) twin.flags |= FLAG.AMBIGUOUS;
    }
    return 1;
  }

  /** A request that lost its line and will get no reply. @returns what reap_request has to return. */
  reapGhost(key: Key): number {
    return pairsBySession(key.command) && this.removeGhost(key) ? 2 : 0;
  }

  private evict(number: number): void {
    const line = this.lines.get(number);
    if (line === undefined || !line.open) throw new Error(`request ${number} was evicted and is not open`);
    this.lines.delete(number);
    this.counters.evicted++;
    if (pairsBySession(line.key.command)) this.ghosts.push(ghostOf(line.key));
  }

  /** Same message id and command; the same session for READ and WRITE, the same task for the others. */
  private openLines({ command, messageId, sessionId, thread }: Omit<Reply, "treeId">): Line[] {
    return [...this.lines.values()].filter(
      (line) =>
        line.open &&
        line.key.messageId === messageId &&
        line.key.command === command &&
        (pairsBySession(command) ? line.key.sessionId === sessionId : line.thread === thread),
    );
  }

  private closeTail({ thread, messageId }: Reply): void {
    for (let part = 1; part < GEOMETRY.COMPOUND_PARTS; part++) {
      const lines = [...this.lines.values()].filter(
        ({ open, key, thread: sender }) =>
          open &&
          sender === thread &&
          key.messageId === messageId + BigInt(part) &&
          !pairsBySession(key.command),
      );
      if (lines.length === 0) return;
      for (const line of lines) this.close(line, FLAG.TAIL);
      this.counters.tail_closed += lines.length;
    }
  }

  private close(line: Line, flags: number): void {
    line.open = false;
    line.flags |= flags;
  }

  private removeGhost(key: Key): boolean {
    const at = this.ghosts.indexOf(ghostOf(key));
    if (at >= 0) this.ghosts.splice(at, 1);
    return at >= 0;
  }
}

/** cifsd reports the replies to these commands, whichever task sent them. */
export function pairsBySession(command: number): boolean {
  return command === READ || command === WRITE;
}

function ghostOf({ sessionId, command, messageId }: Omit<Key, "treeId">): string {
  return `${sessionId} ${command} ${messageId}`;
}
