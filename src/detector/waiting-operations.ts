// Operations that wait before they become requests: for credits, or for a connection that is being re-established.
// Finds the tasks that are stuck there, notices the end of their wait, and collects lines that their tasks have
// abandoned. Pure but for the operation lines, which BPF programs change while they are read: a line is used only if
// its start is the same before and after the read.
//
// A line shows only that its task entered cifs and has not left. Some functions never report that a task leaves
// (bpf/operation.h), and a task with a request in flight is covered by that request. So a task is reported only if it
// has no request in flight, and either waits where cifs waits for a server, or is in another uninterruptible sleep
// (state D) in cifs, for a lock, a page or a key, and has not run between two checks. The second kind has a longer
// limit.

import { type Block, isWaitInCifs, type TaskWait } from "../model/cifs.ts";
import type { Operation, OperationMemory } from "../model/operation.ts";
import { asEvidence } from "../model/operation.ts";
import { GEOMETRY, OPERATION } from "../model/request.gen.ts";
import type { Rule } from "../model/rule.ts";
import { isUsed, lineStartNs, readStarted } from "../table/line.ts";
import type { Ledger } from "./ledger.ts";
import { blockedLimitOf, CHECK_AFTER_NS } from "./limits.ts";
import {
  AGAIN_NS,
  aWaitingOperation,
  END_WITHIN_NS,
  pauseOf,
  type WaitingOperation,
} from "./waiting-operation.ts";

/** Operations that are followed at one time. Beyond this number, more of them would tell nothing new. */
const ENTRIES_MAX = GEOMETRY.OPERATION_SETS * GEOMETRY.OPERATION_SET_LINES;

/** Tasks that are examined for one signal. */
const ASKED_MAX = 256;

/** Answers questions about tasks. */
export interface TaskWitness {
  /** The reason why a task waits now. */
  readonly waitOf: (taskId: number) => TaskWait;
  /** The uninterruptible sleep of a task that does not wait for a server; undefined if there is none. */
  readonly blockOf: (taskId: number) => Block | undefined;
  /** Tasks that have requests in flight. */
  readonly senders: () => ReadonlySet<number>;
  /** The shares that these tasks wait for, where they can be determined. */
  readonly sharesOf: (taskIds: ReadonlySet<number>) => ReadonlyMap<number, string>;
  /** Until when a DebugData reading in progress may name shares, ns; in the past if there is none. */
  readonly holdUntilNs: () => number;
}

export class WaitingOperations {
  readonly #lines: OperationMemory;
  readonly #byLine = new Map<number, WaitingOperation>();
  /** Operations without a line, by task. */
  readonly #inherited = new Map<number, WaitingOperation>();
  #abandoned: Operation[] = [];
  #scanNumber = 0;
  #dueNs = Infinity;

  constructor(lines: OperationMemory) {
    this.#lines = lines;
  }

  /** When to scan again, ns; Infinity if no operation is open. */
  get dueNs(): number {
    return this.#dueNs;
  }

  /** Takes the operations, found since the last call, whose task has exited or has left cifs without a report. */
  takeAbandoned(): readonly Operation[] {
    const abandoned = this.#abandoned;
    this.#abandoned = [];
    return abandoned;
  }

  /**
   * Adds tasks that wait without a line: since before aod started, or in a function that reports nothing. Known tasks
   * stay.
   */
  inherit(operations: readonly Operation[]): void {
    const known = new Set(this.#entries.map(({ operation }) => operation.taskId));
    for (const operation of operations) {
      if (known.has(operation.taskId) || this.#size >= ENTRIES_MAX) continue;
      this.#inherited.set(
        operation.taskId,
        aWaitingOperation(operation, undefined, Number(operation.startNs)),
      );
      this.#note(Number(operation.startNs));
    }
  }

  /**
   * Whether some task has waited since before this moment for a share that matches. Examines ASKED_MAX tasks at most.
   */
  someWaiting(tasks: TaskWitness, beforeNs: number, isSuch: (share: string) => boolean): boolean {
    const waiting = new Set<number>();
    let asked = 0;
    for (let at = 0; at < this.#lines.byteLength && asked < ASKED_MAX; at += OPERATION.BYTES) {
      const startNs = lineStartNs(this.#lines, at);
      if (startNs === 0 || startNs >= beforeNs) continue;
      const { taskId } = this.#lines.read(at);
      asked += 1;
      if (isWaitInCifs(tasks.waitOf(taskId))) waiting.add(taskId);
    }
    return waiting.size > 0 && [...tasks.sharesOf(waiting).values()].some(isSuch);
  }

  /** Scans the lines and checks the tasks that are due. @returns start_ns of the newest line, 0 if there is none. */
  scan(ledger: Ledger, tasks: TaskWitness, nowNs: number): number {
    this.#scanNumber += 1;
    this.#dueNs = Infinity;
    const limitNs = Math.min(ledger.limits.waitingNs, CHECK_AFTER_NS);
    const newestNs = this.#walk(limitNs, nowNs);
    this.#sweep(ledger, nowNs);
    const due = this.#entries.filter(({ startNs, checkNs }) => nowNs >= Math.max(checkNs, startNs + limitNs));
    if (due.length > 0) this.#ask(due, ledger, tasks, nowNs);
    for (const { startNs, checkNs, hangs } of this.#entries) {
      const nextNs = Math.max(checkNs, startNs + limitNs);
      this.#note(hangs.isHanging ? Math.min(nextNs, nowNs + END_WITHIN_NS) : nextNs);
    }
    return newestNs;
  }

  /** DebugData has been read: entries that waited for it are due at the next scan. */
  resume(nowNs: number): void {
    for (const entry of this.#entries) {
      if (entry.isHeld) entry.checkNs = nowNs;
      entry.isHeld = false;
    }
  }

  /** Switches to other rules. A hang that was reported under a rule's name goes on and is not reported again. */
  remap(predecessors: readonly number[], ledger: Ledger, tasks: TaskWitness, nowNs: number): void {
    const hanging = this.#entries.filter(({ hangs }) => hangs.isHanging);
    const shares = tasks.sharesOf(new Set(hanging.map(({ operation }) => operation.taskId)));
    for (const { operation, hangs } of hanging) {
      const share = shares.get(operation.taskId);
      const windows = share === undefined ? undefined : ledger.ofShare(share, nowNs);
      hangs.adopt(predecessors, asEvidence(operation), (index) => windows?.of(index, operation.comm));
    }
  }

  // --- internal ---

  get #size(): number {
    return this.#byLine.size + this.#inherited.size;
  }

  get #entries(): readonly WaitingOperation[] {
    return [...this.#byLine.values(), ...this.#inherited.values()];
  }

  #note(dueNs: number): void {
    this.#dueNs = Math.min(this.#dueNs, dueNs);
  }

  #walk(limitNs: number, nowNs: number): number {
    let newestNs = 0;
    for (let at = 0; at < this.#lines.byteLength; at += OPERATION.BYTES) {
      const startNs = lineStartNs(this.#lines, at);
      if (!isUsed(startNs)) continue;
      newestNs = Math.max(newestNs, startNs);
      const known = this.#byLine.get(at);
      if (known?.startNs === startNs) known.foundIn = this.#scanNumber;
      else if (nowNs - startNs < limitNs) this.#note(startNs + limitNs);
      else if (known === undefined) this.#find(at, startNs);
    }
    return newestNs;
  }

  #find(at: number, startNs: number): void {
    const operation = readStarted(this.#lines, at, startNs);
    if (operation === undefined || this.#size >= ENTRIES_MAX) return;
    const entry = aWaitingOperation(operation, at, startNs);
    entry.foundIn = this.#scanNumber;
    this.#byLine.set(at, entry);
  }

  /** Drops the operations whose line is free or belongs to another operation: they have ended. */
  #sweep(ledger: Ledger, nowNs: number): void {
    for (const [at, entry] of this.#byLine) {
      if (entry.foundIn === this.#scanNumber) continue;
      this.#byLine.delete(at);
      entry.hangs.release(ledger, nowNs, false);
    }
  }

  #ask(due: readonly WaitingOperation[], ledger: Ledger, tasks: TaskWitness, nowNs: number): void {
    const senders = tasks.senders();
    const waiting = due.filter((entry) => {
      if (senders.has(entry.operation.taskId)) {
        // From here on its request is watched instead. A wait behind that request begins when it is first seen.
        entry.hangs.release(ledger, nowNs, false);
        entry.sinceNs = undefined;
        this.#again(entry, nowNs);
        if (entry.at === undefined) this.#inherited.delete(entry.operation.taskId);
        return false;
      }
      return this.#isWaiting(entry, tasks, ledger, nowNs);
    });
    if (waiting.length === 0) return;
    const shares = tasks.sharesOf(new Set(waiting.map(({ operation }) => operation.taskId)));
    const holdUntilNs = tasks.holdUntilNs();
    for (const entry of waiting) {
      entry.isHeld = nowNs < holdUntilNs;
      if (entry.isHeld) {
        entry.checkNs = holdUntilNs;
        continue;
      }
      const share = shares.get(entry.operation.taskId);
      if (share !== undefined) reportHung(entry, share, ledger, nowNs);
      entry.checkNs = nowNs + pauseOf(entry, ledger, nowNs);
    }
  }

  #isWaiting(entry: WaitingOperation, tasks: TaskWitness, ledger: Ledger, nowNs: number): boolean {
    const { taskId } = entry.operation;
    const wait = tasks.waitOf(taskId);
    const block = wait === "other" || wait === "io" ? tasks.blockOf(taskId) : undefined;
    if (block !== undefined) return this.#isBlocked(entry, block, ledger, nowNs);
    entry.block = undefined;
    if (isWaitInCifs(wait)) {
      entry.strayed = 0;
      // The task left without a report and waits again; the start of this wait is unknown.
      entry.sinceNs ??= nowNs;
      return true;
    }
    entry.strayed += 1;
    if (!entry.hangs.isHanging) entry.sinceNs = undefined;
    // A single sample without a wait may fall between two waits.
    const hasLeft = wait === "gone" || entry.strayed > 1;
    if (hasLeft) entry.hangs.release(ledger, nowNs, wait === "gone");
    if (hasLeft && entry.at === undefined) this.#inherited.delete(entry.operation.taskId);
    // "running" may also mean that aod may not read what the task waits for.
    else if (hasLeft && wait !== "running" && nowNs - entry.startNs >= CHECK_AFTER_NS)
      this.#abandoned.push(entry.operation);
    else if (wait === "gone") this.#abandoned.push(entry.operation);
    this.#again(entry, nowNs);
    return false;
  }

  /** A blocked task hangs if it has not run for half of the limit; what it did before the first check is unknown. */
  #isBlocked(entry: WaitingOperation, block: Block, ledger: Ledger, nowNs: number): boolean {
    const limitNs = Math.min(blockedLimitOf(ledger.limits.waitingNs), CHECK_AFTER_NS);
    const isSameSleep = entry.block?.switches === block.switches;
    entry.strayed = 0;
    if (!isSameSleep) {
      entry.hangs.release(ledger, nowNs, false);
      // The start of a sleep is unknown if it precedes the first check, and known from then on.
      entry.sinceNs = entry.block === undefined ? (entry.sinceNs ?? nowNs) : nowNs;
      entry.block = block;
      entry.blockedSinceNs = nowNs;
    }
    if (nowNs - entry.blockedSinceNs >= limitNs / 2) return true;
    const ageNs = nowNs - (entry.sinceNs ?? nowNs);
    entry.checkNs = Math.max(nowNs + limitNs - ageNs, entry.blockedSinceNs + limitNs / 2);
    return false;
  }

  #again(entry: WaitingOperation, nowNs: number): void {
    entry.checkNs =
      nowNs + (entry.hangs.isHanging ? AGAIN_NS : Math.max((nowNs - entry.startNs) / 2, AGAIN_NS));
  }
}

/** The age from which a rule considers an operation stuck, ns. */
function limitOf(rule: Rule, { block }: WaitingOperation): number {
  if (rule.type !== "stuck") return Infinity;
  return block === undefined ? rule.waitingNs : blockedLimitOf(rule.waitingNs);
}

function reportHung(entry: WaitingOperation, share: string, ledger: Ledger, nowNs: number): void {
  const { operation, hangs, sinceNs = entry.startNs } = entry;
  const request = asEvidence({ ...operation, startNs: BigInt(Math.round(sinceNs)) });
  const windows = ledger.ofShare(share, nowNs);
  ledger.rules.forEach((rule, index) => {
    const limitNs = limitOf(rule, entry);
    if (nowNs - sinceNs < limitNs) return;
    const counted = { request, timeNs: sinceNs + limitNs, latencyNs: nowNs - sinceNs };
    if (hangs.goOn(index, counted, ledger, nowNs)) return;
    const ruleWindow = windows.of(index, operation.comm);
    if (ruleWindow === undefined) return;
    ruleWindow.count(counted);
    hangs.begin(index, ruleWindow, counted, ledger, nowNs);
  });
}
