// The detector without its thread: it takes complete requests from the ring, scans the request table for those in
// flight, applies the rules and reports anomalies. A request counts once for each rule: when a scan finds it overdue,
// or when it is complete. Pure but for the table: the time and the witness are handed in. It knows no thread, no file
// and no kernel.
//
//   sent ── reply                                            passes
//   sent ────────── slow limit ── reply                      counts once ("slow" if the window is full)
//   sent ────────── slow limit ── emergency limit ── reply   counts; "hung" from the scan after the emergency
//                                                            limit on, or "emergency" if the reply came first

import type { Anomaly, Recovery } from "../model/anomaly.ts";
import type { KernelLogSignal } from "../model/kernel-log.ts";
import type { Operation } from "../model/operation.ts";
import { KIND } from "../model/request.gen.ts";
import { endNs, isTrustedReply, type Request, type RequestMemory } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import { Compounds } from "./compounds.ts";
import { factsOfReply } from "./facts.ts";
import { FailedOperations } from "./failed-operations.ts";
import { HeldRecords } from "./held-records.ts";
import { judgeReply } from "./judge.ts";
import { judgeSignal, type SignalContext } from "./judge-signal.ts";
import { kernelLogRecord } from "./kernel-log-record.ts";
import { Ledger, type LedgerInputs, type ShareWindows } from "./ledger.ts";
import { COUNTED, REPORTED } from "./overdue.ts";
import { makeRemap } from "./remap.ts";
import { RequestsInFlight } from "./requests-in-flight.ts";
import { RestoredRequests, restore } from "./restore.ts";
import type { RepliesTo } from "./rule-window.ts";
import { ScanSchedule } from "./scan-schedule.ts";
import type { Tables } from "./tables.ts";
import { taskWitness } from "./task-witness.ts";
import { type TaskWitness, WaitingOperations } from "./waiting-operations.ts";
import { type DebugDataResult, isOnIpc, type Witness } from "./witness.ts";

export class Detector {
  readonly #table: RequestMemory;
  readonly #witness: Witness;
  readonly #compounds = new Compounds();
  readonly #inFlight: RequestsInFlight;
  readonly #waiting: WaitingOperations;
  readonly #schedule: ScanSchedule;
  readonly #inputs: LedgerInputs;
  readonly #held = new HeldRecords();
  readonly #failed = new FailedOperations();
  #ledger: Ledger;
  /**
   * When the programs were attached, ns: only a DebugData reading that began later shows everything that was sent
   * before. Undefined when there is nothing (more) to inherit.
   */
  #inheritsSinceNs: number | undefined;
  #scansNow = false;
  #restored = new RestoredRequests(new Set(), 0);
  #records = 0;
  #malformed = 0;
  #repeated = 0;
  #anomalies = 0;

  /**
   * Fills the windows of the rules from the table.
   * @param repliesTo the kernel's reply counters, for rules that trip by a share of all replies.
   */
  constructor(
    rules: readonly Rule[],
    { table, operations }: Tables,
    witness: Witness,
    nowNs: number,
    repliesTo?: RepliesTo,
  ) {
    this.#waiting = new WaitingOperations(operations);
    this.#inputs = { repliesTo, dfsPathsOf: (share) => witness.dfsPathsOf(share) };
    this.#table = table;
    this.#witness = witness;
    this.#inFlight = new RequestsInFlight(table, witness, this.#compounds);
    this.#ledger = new Ledger(rules, this.#inputs);
    this.#schedule = new ScanSchedule(this.#ledger.limits.lowestNs);
    this.#restore(nowNs);
  }

  /** The counters that the thread's pulse reports. */
  get counts() {
    return {
      records: this.#records,
      malformed: this.#malformed,
      repeated: this.#repeated,
      anomalies: this.#anomalies,
      ...this.#inFlight.counts,
    };
  }

  /**
   * Replaces the rules and refills all windows. A hang that was reported under a rule's name is not reported again.
   * @returns the anomalies that the old rules still had to report.
   */
  configure(rules: readonly Rule[], nowNs: number): readonly Anomaly[] {
    const before = this.#ledger;
    this.#releaseHeld(nowNs);
    const last = before.takeAll();
    this.#ledger = new Ledger(rules, this.#inputs);
    const predecessors = rules.map(({ name, type }) =>
      before.rules.findIndex((old) => old.name === name && old.type === type),
    );
    const remapped = makeRemap(predecessors);
    this.#compounds.remap(remapped);
    this.#inFlight.remap(remapped, predecessors, this.#ledger, nowNs);
    this.#waiting.remap(predecessors, this.#ledger, this.#tasksAt(nowNs), nowNs);
    this.#schedule.configure(this.#ledger.limits.lowestNs);
    this.#restore(nowNs);
    return this.#counted(last);
  }

  /** Takes one record of the ring. */
  take(memory: RequestMemory, at: number, nowNs: number): void {
    this.#records += 1;
    switch (memory.kind(at)) {
      case KIND.REQUEST:
      case KIND.SIGNAL:
        this.#admit(memory.read(at), nowNs);
        break;
      case KIND.OPERATION:
        this.#failed.take(memory.read(at), this.#ledger);
        break;
      case KIND.EVICTED:
        this.#inFlight.follow(memory.read(at), this.#ledger);
        break;
      case KIND.WAKE:
        break;
      default:
        this.#malformed += 1;
    }
  }

  /** Takes a signal of the kernel log. */
  takeKernelLog({ number, server }: KernelLogSignal, nowNs: number): void {
    judgeSignal(kernelLogRecord(number, nowNs), this.#signalContext(nowNs), nowNs, server);
  }

  /** Counts a record of the wrong length. */
  takeMalformed(): void {
    this.#records += 1;
    this.#malformed += 1;
  }

  /** Marks the end of one batch of records from the ring. */
  endOfRecords(records: number, nowNs: number): void {
    if (records === 0) return;
    this.#schedule.noteRecords(nowNs);
    this.#failed.judge(this.#ledger, this.#tasksAt(nowNs), nowNs);
  }

  /** Takes the result of a DebugData reading: held records are judged now, and the table is scanned next. */
  takeReading(answer: DebugDataResult, nowNs: number): void {
    this.#witness.take(answer, nowNs);
    this.#takeOver(nowNs);
    this.#releaseHeld(nowNs);
    this.#inFlight.resume(nowNs);
    this.#waiting.resume(nowNs);
    this.#scansNow = true;
  }

  /** Scans the request table if a scan is due. */
  scan(nowNs: number): void {
    if (nowNs >= Math.min(this.#held.dueNs, this.#failed.dueNs)) this.#releaseHeld(nowNs);
    if (nowNs < this.#nextScanNs) return;
    this.#scansNow = false;
    const newestNs = this.#inFlight.scan(this.#ledger, nowNs);
    const newestOperationNs = this.#waiting.scan(this.#ledger, this.#tasksAt(nowNs), nowNs);
    this.#schedule.noteScan(Math.max(newestNs, newestOperationNs), nowNs);
  }

  /** Takes the anomalies that are due. */
  takeDue(nowNs: number): readonly Anomaly[] {
    const anomalies = this.#counted(this.#ledger.takeDue(nowNs));
    // A hanging task is seldom alone, and some functions of cifs never report that a task entered them.
    if (anomalies.some(({ kind }) => kind === "hung"))
      this.#waiting.inherit(this.#witness.findWaiting(nowNs));
    return anomalies;
  }

  /** Takes all anomalies, due or not; for the end of the detector. */
  takeAll(nowNs: number): readonly Anomaly[] {
    this.#releaseHeld(nowNs);
    return this.#counted(this.#ledger.takeAll());
  }

  /** Takes the hangs that have ended. Call it after `takeDue`, so that the hang is reported before its end. */
  takeRecovered(): readonly Recovery[] {
    return this.#ledger.takeRecovered();
  }

  /** Takes the open requests, found since the last call, whose reply no task awaits any more. */
  takeOrphaned(): readonly Request[] {
    return this.#inFlight.takeOrphaned();
  }

  /** Takes the operations, found since the last call, that their tasks have abandoned. */
  takeAbandoned(): readonly Operation[] {
    return this.#waiting.takeAbandoned();
  }

  /** Takes over the requests and operations that began before the programs were attached, which has just happened. */
  inherit(nowNs: number): void {
    const { limits, rules } = this.#ledger;
    if (limits.waitingNs === Infinity && !rules.some(({ type }) => type === "stuck")) return;
    this.#inheritsSinceNs = nowNs;
    this.#takeOver(nowNs);
  }

  /** How near each rule came to tripping within the last hour, or since the rules were loaded. */
  readonly approaches = (nowNs: number) => this.#ledger.approaches(nowNs);

  /** How long the detector may sleep if no record or message arrives, ns; 0 to Infinity. */
  idleNs(nowNs: number): number {
    const nextNs = Math.min(
      this.#nextScanNs,
      this.#held.dueNs,
      this.#failed.dueNs,
      this.#ledger.nextReportNs,
    );
    return Math.max(0, nextNs - nowNs);
  }

  /** Whether the BPF programs have to send a wake record for the next request. */
  get wantsWake(): boolean {
    return this.#schedule.wantsWake;
  }

  // --- internal ---

  get #nextScanNs(): number {
    if (this.#scansNow) return 0;
    const { slowDueNs, exactDueNs } = this.#inFlight.due;
    return this.#schedule.nextScanNs({ slowDueNs, exactDueNs: Math.min(exactDueNs, this.#waiting.dueNs) });
  }

  #tasksAt(nowNs: number): TaskWitness {
    return taskWitness(this.#witness, this.#inFlight, nowNs);
  }

  #counted(anomalies: readonly Anomaly[]): readonly Anomaly[] {
    this.#anomalies += anomalies.length;
    return anomalies;
  }

  #restore(nowNs: number): void {
    const identities = restore(this.#table, this.#ledger, this.#witness, nowNs);
    this.#restored = new RestoredRequests(identities, nowNs);
  }

  /** A reading that began before the programs were attached may lack requests that were sent in between. */
  #takeOver(nowNs: number): void {
    const sinceNs = this.#inheritsSinceNs;
    if (sinceNs === undefined) return;
    if (this.#witness.readNs < sinceNs) this.#witness.read(nowNs);
    if (this.#witness.readNs < sinceNs) return;
    this.#inheritsSinceNs = undefined;
    const { requests, operations } = this.#witness.inherited(nowNs);
    this.#inFlight.inherit(requests, this.#ledger, nowNs);
    this.#waiting.inherit(operations);
    this.#schedule.configure(this.#ledger.limits.lowestNs);
  }

  #releaseHeld(nowNs: number): void {
    this.#failed.judge(this.#ledger, this.#tasksAt(nowNs), nowNs, false);
    for (const record of this.#held.take()) this.#judge(record, nowNs);
  }

  #admit(record: Request, nowNs: number): void {
    if (!this.#held.hold(record, this.#witness, nowNs)) this.#judge(record, nowNs);
  }

  #judge(record: Request, nowNs: number): void {
    if (record.kind === KIND.SIGNAL) judgeSignal(record, this.#signalContext(nowNs), nowNs);
    else this.#complete(record, nowNs);
  }

  #signalContext(nowNs: number): SignalContext {
    const [ledger, witness, inFlight, waiting] = [this.#ledger, this.#witness, this.#inFlight, this.#waiting];
    return { ledger, witness, inFlight, waiting, tasks: this.#tasksAt(nowNs) };
  }

  #complete(request: Request, nowNs: number): void {
    const { rules } = this.#ledger;
    const known = this.#inFlight.end(request, this.#ledger);
    if (!isTrustedReply(request.flags)) return;
    const repeated = this.#restored.has(request, nowNs);
    if (repeated) this.#repeated += 1;
    const facts = factsOfReply(request, isOnIpc(this.#witness, request, nowNs));
    const counted = { request, timeNs: endNs(request), latencyNs: request.latencyNs };
    const ofCompound = this.#compounds.marksOf(request, rules.length);
    const marks = known ?? ofCompound;
    let windows: ShareWindows | undefined;
    for (let index = 0; index < rules.length; index++) {
      const judgement = judgeReply(rules[index] as Rule, facts);
      const mark = marks[index] ?? 0;
      if (judgement === "passes" || (mark & REPORTED) !== 0) continue;
      windows ??= this.#ledger.ofShare(this.#witness.shareOf(request, nowNs), nowNs);
      const ruleWindow = windows.of(index, request.comm);
      if (ruleWindow === undefined) continue;
      const isCounted = (mark & COUNTED) !== 0;
      if (judgement === "emergency") {
        if (!isCounted) ruleWindow.count(counted, repeated);
        this.#ledger.trip(ruleWindow, counted, nowNs);
        marks[index] = COUNTED | REPORTED;
      } else if (!isCounted) {
        this.#ledger.count(ruleWindow, counted, nowNs, repeated);
        marks[index] = COUNTED;
      }
    }
  }
}
