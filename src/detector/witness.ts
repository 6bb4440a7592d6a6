// What the detector asks the cifs client: which share a tree is, and whether somebody still waits for a request. In:
// ways to read DebugData and wchan, handed in, and the time; out: names and verdicts. Pure but for what is handed in.
//
// DebugData is read on such occasions only, and rarely: it holds spin locks of cifs over the whole dump, and on 5.15 it
// can race a session that is being closed. Once in 5 s on average, and three times at once after a quiet time: the
// first anomalies of a new mount are to have their share. Several suspects share one reading.

import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { Source } from "../model/capture.ts";
import { type DebugData, type TaskWait, treesOf } from "../model/cifs.ts";
import { mayWaitOnIpc } from "../model/command.ts";
import type { Operation } from "../model/operation.ts";
import type { Request } from "../model/request.ts";
import {
  isPipeShare,
  isShareOf,
  type KnownTree,
  LAST_SLOT,
  ShareIndex,
  serverOfShare,
} from "../model/share.ts";
import { isOfSession } from "../model/signal.ts";
import { judgeSuspect, type Reading, RequestList, type Suspect, type Verdict } from "./confirm.ts";
import { requestsListed, serverNames, serversByConnection, type Task, troubledServers } from "./servers.ts";
import { ShareSlots } from "./share-slots.ts";

/** DebugData is read no more often, on average; and so is nobody asked twice about one tree. */
export const READ_EVERY_NS = 5e9;
/** Readings that a quiet time leaves for at once. */
export const READS_AT_ONCE = 3;
/** Trees that are remembered, those of sessions that are gone included: requests of theirs are still in the table. */
export const TREES_MAX = 2048;
/** Unknown trees that are remembered; when there are more, all are forgotten. */
const ASKED_MAX = 1024;
/** Connections that are remembered. */
const CONNECTIONS_MAX = 1024;

type Tree = Pick<Request, "sessionId" | "treeId">;

export interface Witness {
  /** `//server/share`, or UNKNOWN_SHARE. */
  shareOf(tree: Tree, nowNs: number): string;
  /** `//server` of a signal's connection or session, or UNKNOWN_SHARE. */
  serverOf(signal: Pick<Request, "command" | "sessionId">, nowNs: number): string;
  /** One verdict for each, in their order. */
  check(suspects: readonly Suspect[], nowNs: number): readonly Verdict[];
  /** The slot in which the kernel counts the replies of a share. */
  slotOf(share: string): number;
  /** What a task waits for. */
  waitOf(taskId: number): TaskWait;
  /**
   * The share that a task waits for before it has a request, as far as the servers in trouble tell.
   * @param last the tree that the task used last, where that is known.
   */
  awaitedShare(last: Tree | undefined, nowNs: number): string;
  /** What was under way before anybody watched: its age counts from now. */
  inherited(nowNs: number): Inheritance;
  /** Tasks that wait for a server in trouble, whatever they are at: their age counts from now. Rarely looked for. */
  findWaiting(nowNs: number): readonly Operation[];
  /** From when on a suspect that was `stale` can be checked again, ns. */
  readonly readableNs: number;
  /** Everything that is known of trees, if it changed since the last call. */
  takeShares(): readonly KnownTree[] | undefined;
}

/** What was under way when aod came. */
export interface Inheritance {
  readonly requests: readonly Request[];
  readonly operations: readonly Operation[];
}

/** How the kernel is read. */
export interface CifsReader {
  /** Every thread of the host that waits for an SMB server. Costs a look at each thread. */
  readonly findWaiting: () => readonly Task[];
  /** Undefined for one that is no more. */
  readonly taskOf: (taskId: number) => Task | undefined;
  /** Undefined where it can't be read. */
  readonly readDebugData: () => DebugData | undefined;
  readonly waitOf: (taskId: number) => TaskWait;
}

/** Asks the kernel's cifs client. */
export class CifsWitness implements Witness {
  readonly #reader: CifsReader;
  #reading: Reading = { readNs: -Infinity, list: undefined };
  /** By session and tree; what was read last stands last. */
  readonly #trees = new Map<string, KnownTree>();
  #shares = new ShareIndex();
  #changed = false;
  readonly #slots: ShareSlots;
  /** At the last reading. */
  #present: readonly string[] = [];
  #troubled: readonly string[] = [];
  /** `//server` by connection id, which survives a reconnect. */
  readonly #servers = new Map<number, string>();
  /** When a reading showed nothing of a tree or a connection, ns. */
  readonly #askedNs = new Map<string, number>();
  #searchedNs = -Infinity;
  /** When all readings of the past are paid for, READ_EVERY_NS each, ns. */
  #paidNs = -Infinity;

  /** @param known trees that an earlier detector knew. */
  constructor(reader: CifsReader, known: readonly KnownTree[] = []) {
    this.#reader = reader;
    this.#slots = new ShareSlots(known);
    for (const tree of known) this.#remember(tree);
    this.#shares = new ShareIndex(known);
  }

  get readableNs(): number {
    return this.#paidNs - (READS_AT_ONCE - 1) * READ_EVERY_NS;
  }

  shareOf(tree: Tree, nowNs: number): string {
    // What comes before or goes beyond trees: NEGOTIATE, SESSION_SETUP, TREE_CONNECT, LOGOFF.
    if (tree.treeId === 0) return UNKNOWN_SHARE;
    return this.#shares.find(tree.sessionId, tree.treeId) ?? this.#askFor(tree, nowNs);
  }

  serverOf({ command, sessionId }: Pick<Request, "command" | "sessionId">, nowNs: number): string {
    if (sessionId === 0n) return this.#likelyServer(nowNs) ?? UNKNOWN_SHARE;
    const find = (): string | undefined =>
      isOfSession(command) ? this.#serverOfSession(sessionId) : this.#servers.get(Number(sessionId));
    return (
      find() ??
      (this.#readFor(`${isOfSession(command)} ${sessionId}`, nowNs) ? find() : undefined) ??
      UNKNOWN_SHARE
    );
  }

  slotOf(share: string): number {
    return this.#slots.of(share);
  }

  check(suspects: readonly Suspect[], nowNs: number): readonly Verdict[] {
    const judgeAll = (): Verdict[] =>
      suspects.map((suspect) => judgeSuspect(suspect, this.#reading, this.#reader.waitOf));
    const isFresh = suspects.every(({ sinceNs }) => this.#reading.readNs > sinceNs);
    if (!isFresh && nowNs >= this.readableNs) this.read(nowNs);
    return judgeAll();
  }

  waitOf(taskId: number): TaskWait {
    return this.#reader.waitOf(taskId);
  }

  awaitedShare(last: Tree | undefined, nowNs: number): string {
    if (nowNs >= Math.max(this.#reading.readNs + READ_EVERY_NS, this.readableNs)) this.read(nowNs);
    const known = last && this.#shares.find(last.sessionId, last.treeId);
    const [only, ...others] = this.#troubled;
    if (only === undefined) return known ?? UNKNOWN_SHARE;
    if (known !== undefined && this.#troubled.includes(serverOfShare(known))) return known;
    if (others.length > 0) return UNKNOWN_SHARE;
    const [share, ...more] = this.#sharesOf(only);
    return share !== undefined && more.length === 0 ? share : only;
  }

  inherited(nowNs: number): Inheritance {
    const data = this.read(nowNs);
    if (data === undefined) return { requests: [], operations: [] };
    const requests = requestsListed(data, this.#reader.taskOf, BigInt(Math.round(nowNs)));
    const senders = new Set(requests.map(({ taskId }) => taskId));
    const operations = this.#search(nowNs).filter(({ taskId }) => !senders.has(taskId));
    return { requests, operations };
  }

  findWaiting(nowNs: number): readonly Operation[] {
    return nowNs < this.#searchedNs + READ_EVERY_NS ? [] : this.#search(nowNs);
  }

  takeShares(): readonly KnownTree[] | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return [...this.#trees.values()];
  }

  /** Reads DebugData now, whenever that was done last. Undefined where it can't be read. */
  read(nowNs: number): DebugData | undefined {
    this.#paidNs = Math.max(this.#paidNs, nowNs) + READ_EVERY_NS;
    const data = this.#reader.readDebugData();
    this.#reading = { readNs: nowNs, list: data && new RequestList(data) };
    for (const tree of data === undefined ? [] : treesOf(data)) {
      this.#remember({ ...tree, slot: this.#slots.take(tree.share) });
    }
    for (const [connectionId, server] of data === undefined ? [] : serversByConnection(data)) {
      this.#servers.set(connectionId, server);
      dropOldest(this.#servers, CONNECTIONS_MAX);
    }
    if (this.#changed) this.#shares = new ShareIndex([...this.#trees.values()]);
    this.#present = data === undefined ? [] : serverNames(data);
    this.#troubled = data === undefined ? [] : troubledServers(data);
    return data;
  }

  // --- internal ---

  #askFor(tree: Tree, nowNs: number): string {
    if (!this.#readFor(keyOf(tree), nowNs)) return UNKNOWN_SHARE;
    const share = this.#shares.find(tree.sessionId, tree.treeId);
    if (share !== undefined) this.#askedNs.delete(keyOf(tree));
    return share ?? UNKNOWN_SHARE;
  }

  /** Reads DebugData because of something that is not known, unless that was done for it a moment ago. */
  #readFor(key: string, nowNs: number): boolean {
    const askedNs = this.#askedNs.get(key) ?? -Infinity;
    if (nowNs < this.readableNs || nowNs < askedNs + READ_EVERY_NS) return false;
    this.read(nowNs);
    if (this.#askedNs.size >= ASKED_MAX) this.#askedNs.clear();
    this.#askedNs.set(key, nowNs);
    return true;
  }

  #serverOfSession(sessionId: bigint): string | undefined {
    for (const tree of this.#trees.values())
      if (tree.sessionId === sessionId) return serverOfShare(tree.share);
    return undefined;
  }

  /** Older kernels do not say which connection it was: of the only server that there is, or of the only one in trouble. */
  #likelyServer(nowNs: number): string | undefined {
    this.#readFor("no connection", nowNs);
    const [only, ...others] = this.#present.length === 1 ? this.#present : this.#troubled;
    return others.length === 0 ? only : undefined;
  }

  /** Nobody waits for what is not in trouble. */
  #search(nowNs: number): readonly Operation[] {
    this.#searchedNs = nowNs;
    const tasks = this.#troubled.length === 0 ? [] : this.#reader.findWaiting();
    return tasks.map((task) => ({ ...task, startNs: BigInt(Math.round(nowNs)), xid: 0 }));
  }

  /** Those of a server that files are on. */
  #sharesOf(server: string): ReadonlySet<string> {
    const shares = [...this.#trees.values()].map(({ share }) => share);
    return new Set(shares.filter((share) => isShareOf(share, server) && !isPipeShare(share)));
  }

  #remember(tree: KnownTree): void {
    const key = keyOf(tree);
    const before = this.#trees.get(key);
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    if (before === undefined || !isSame(before, tree)) this.#changed = true;
    dropOldest(this.#trees, TREES_MAX);
  }
}

function isSame(a: KnownTree, b: KnownTree): boolean {
  const fields = ["share", "address", "connectionId", "dialect", "encrypted"] as const;
  return fields.every((field) => a[field] === b[field]);
}

function dropOldest(map: Map<unknown, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most) map.delete(oldest);
}

function keyOf({ sessionId, treeId }: Tree): string {
  return `${sessionId}/${treeId}`;
}

/** Whether a request waits by design because of its share, a pipe's; other commands need no share for that. */
export function isOnIpc(witness: Witness, request: Request, nowNs: number): boolean {
  return mayWaitOnIpc(request.command) && isPipeShare(witness.shareOf(request, nowNs));
}

/** For synthetic traffic, of which cifs knows nothing: an open line is all there is to ask. */
export const TABLE_WITNESS: Witness = {
  shareOf: () => UNKNOWN_SHARE,
  serverOf: () => UNKNOWN_SHARE,
  slotOf: () => LAST_SLOT,
  waitOf: () => "running",
  awaitedShare: () => UNKNOWN_SHARE,
  inherited: () => ({ requests: [], operations: [] }),
  findWaiting: () => [],
  check: (suspects) => suspects.map(({ hasLine }) => (hasLine ? "alive" : "unsure")),
  readableNs: -Infinity,
  takeShares: () => undefined,
};

/** Who is asked about requests of this source. The kernel's cifs is read once at the start, for the shares. */
export function witnessFor(
  source: Source,
  reader: CifsReader,
  nowNs: number,
  known: readonly KnownTree[] = [],
): Witness {
  if (source === "demo") return TABLE_WITNESS;
  const witness = new CifsWitness(reader, known);
  witness.read(nowNs);
  return witness;
}
