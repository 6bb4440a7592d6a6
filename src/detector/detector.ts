// The core: requests in, anomalies out. It takes complete requests from the ring and those in flight from looks at the
// request table, applies the rules, and lets each request count once for each rule: when a look finds it overdue, or
// when it is complete. Pure but for the table: time and the witness of what still waits are handed in; it knows no
// thread, no file, no kernel.
//
//   sent ── reply                                            passes
//   sent ────────── slow limit ── reply                      counts ("slow" if the window is full), once
//   sent ────────── slow limit ── emergency limit ── reply   counts, and is "hung" from the look at the emergency limit
//                                                            on, or an "emergency" where the reply was before the look

import { type Anomaly, type Recovery, UNKNOWN_SHARE } from "../model/anomaly.ts";
import { waitsByDesign } from "../model/command.ts";
import type { Operation, OperationMemory } from "../model/operation.ts";
import { KIND } from "../model/request.gen.ts";
import { endNs, isTrustedReply, type Request, type RequestMemory } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import { isPipeShare, isShareOf } from "../model/share.ts";
import { Compounds } from "./compounds.ts";
import { factsOfReply } from "./facts.ts";
import { Flight } from "./flight.ts";
import { judge } from "./judge.ts";
import { Ledger, type ShareTracks } from "./ledger.ts";
import { COUNTED, identityOf, SAID } from "./overdue.ts";
import { restore } from "./restore.ts";
import { Rhythm } from "./rhythm.ts";
import { countsSignal } from "./signal.ts";
import type { RepliesTo } from "./track.ts";
import { type TaskWitness, Waiting } from "./waiting.ts";
import { isOnIpc, type Witness } from "./witness.ts";

/** Whoever was on the ring when the windows were filled has come by then. */
const RESTORED_FOR_NS = 1e9;

/** The kernel's memory, live. */
export interface Tables {
  readonly table: RequestMemory;
  readonly operations: OperationMemory;
}

export class Detector {
  readonly #table: RequestMemory;
  readonly #witness: Witness;
  readonly #compounds = new Compounds();
  readonly #flight: Flight;
  readonly #waiting: Waiting;
  readonly #rhythm: Rhythm;
  readonly #repliesTo: RepliesTo | undefined;
  #ledger: Ledger;
  /** Requests that were counted from the table and may come once more from the ring. */
  #restored: { readonly identities: ReadonlySet<string>; readonly untilNs: number } | undefined;
  #records = 0;
  #malformed = 0;
  #repeated = 0;
  #anomalies = 0;

  /**
   * Fills its windows from what the table holds.
   * @param repliesTo the kernel's count, for rules that trip by a share of all replies.
   */
  constructor(
    rules: readonly Rule[],
    { table, operations }: Tables,
    witness: Witness,
    nowNs: number,
    repliesTo?: RepliesTo,
  ) {
    this.#waiting = new Waiting(operations);
    this.#repliesTo = repliesTo;
    this.#table = table;
    this.#witness = witness;
    this.#flight = new Flight(table, witness, this.#compounds);
    this.#ledger = new Ledger(rules, this.#repliesTo);
    this.#rhythm = new Rhythm(this.#ledger.limits.lowestNs);
    this.#restore(nowNs);
  }

  /** What the thread's pulse says of it. */
  get counts() {
    return {
      records: this.#records,
      malformed: this.#malformed,
      repeated: this.#repeated,
      anomalies: this.#anomalies,
      ...this.#flight.counts,
    };
  }

  /** Other rules: all windows are filled anew; what was said to hang under a rule's name is not said again. */
  configure(rules: readonly Rule[], nowNs: number): readonly Anomaly[] {
    const before = this.#ledger;
    const last = before.sayAll();
    this.#ledger = new Ledger(rules, this.#repliesTo);
    const predecessors = rules.map(({ name, type }) =>
      before.rules.findIndex((old) => old.name === name && old.type === type),
    );
    const remapped = makeRemap(predecessors);
    this.#compounds.remap(remapped);
    this.#flight.remap(remapped, predecessors, this.#ledger, nowNs);
    this.#waiting.remap(predecessors, this.#ledger, this.#tasksAt(nowNs), nowNs);
    this.#rhythm.configure(this.#ledger.limits.lowestNs);
    this.#restore(nowNs);
    return this.#said(last);
  }

  /** Takes one record of the ring. */
  take(memory: RequestMemory, at: number, nowNs: number): void {
    this.#records += 1;
    switch (memory.kind(at)) {
      case KIND.REQUEST:
        this.#complete(memory.read(at), nowNs);
        break;
      case KIND.EVICTED:
        this.#flight.follow(memory.read(at), this.#ledger);
        break;
      case KIND.SIGNAL:
        this.#signal(memory.read(at), nowNs);
        break;
      case KIND.WAKE:
        break;
      default:
        this.#malformed += 1;
    }
  }

  /** A record of another length. */
  takeMalformed(): void {
    this.#records += 1;
    this.#malformed += 1;
  }

  /** The records that were there are taken. */
  endOfRecords(records: number, nowNs: number): void {
    if (records > 0) this.#rhythm.noteRecords(nowNs);
  }

  /** Looks through the request table if it is time to. */
  look(nowNs: number): void {
    if (nowNs < this.#nextLookNs) return;
    const newestNs = this.#flight.look(this.#ledger, nowNs);
    const newestOperationNs = this.#waiting.look(this.#ledger, this.#tasksAt(nowNs), nowNs);
    this.#rhythm.noteLook(Math.max(newestNs, newestOperationNs), nowNs);
  }

  /** Takes the anomalies that are due. */
  say(nowNs: number): readonly Anomaly[] {
    const anomalies = this.#said(this.#ledger.say(nowNs));
    // Who hangs is seldom alone, and not every function of cifs says that it was entered.
    if (anomalies.some(({ kind }) => kind === "hung"))
      this.#waiting.inherit(this.#witness.findWaiting(nowNs));
    return anomalies;
  }

  /** Takes all anomalies, due or not: nothing comes after. */
  sayAll(): readonly Anomaly[] {
    return this.#said(this.#ledger.sayAll());
  }

  /** Takes what hung and does so no more; to be called when what is due has been said. */
  takeRecovered(): readonly Recovery[] {
    return this.#ledger.takeRecovered();
  }

  /** Takes the requests with lines that nobody waits for, found since the last call. */
  takeDead(): readonly Request[] {
    return this.#flight.takeDead();
  }

  /** Takes the operations with lines that nobody is at, found since the last call. */
  takeLeft(): readonly Operation[] {
    return this.#waiting.takeDead();
  }

  /** The programs are attached since a moment ago: takes over what was under way before. */
  inherit(nowNs: number): void {
    if (
      this.#ledger.limits.waitingNs === Infinity &&
      !this.#ledger.rules.some(({ type }) => type === "stuck")
    )
      return;
    const { requests, operations } = this.#witness.inherited(nowNs);
    this.#flight.inherit(requests, this.#ledger, nowNs);
    this.#waiting.inherit(operations);
    this.#rhythm.configure(this.#ledger.limits.lowestNs);
  }

  /** How long it has nothing to do unless something comes, ns; 0 to Infinity. */
  idleNs(nowNs: number): number {
    return Math.max(0, Math.min(this.#nextLookNs, this.#ledger.nextSayNs) - nowNs);
  }

  /** Whether the next request that is sent has to make a wake record. */
  get wantsWake(): boolean {
    return this.#rhythm.wantsWake;
  }

  // --- internal ---

  get #nextLookNs(): number {
    const { slowDueNs, exactDueNs } = this.#flight.due;
    return this.#rhythm.nextLookNs({ slowDueNs, exactDueNs: Math.min(exactDueNs, this.#waiting.dueNs) });
  }

  #tasksAt(nowNs: number): TaskWitness {
    return {
      waitOf: (taskId) => this.#witness.waitOf(taskId),
      senders: () => this.#flight.senders(nowNs),
      sharesOf: (taskIds) => {
        const last = this.#flight.lastOf(taskIds);
        return new Map([...taskIds].map((id) => [id, this.#witness.awaitedShare(last.get(id), nowNs)]));
      },
    };
  }

  #said(anomalies: readonly Anomaly[]): readonly Anomaly[] {
    this.#anomalies += anomalies.length;
    return anomalies;
  }

  #restore(nowNs: number): void {
    const identities = restore(this.#table, this.#ledger, this.#witness, nowNs);
    this.#restored = { identities, untilNs: nowNs + RESTORED_FOR_NS };
  }

  #isRepeated(request: Request, nowNs: number): boolean {
    if (this.#restored === undefined) return false;
    if (nowNs > this.#restored.untilNs) this.#restored = undefined;
    return this.#restored?.identities.has(identityOf(request)) === true;
  }

  #signal(record: Request, nowNs: number): void {
    const server = this.#witness.serverOf(record, nowNs);
    const counted = { request: record, timeNs: Number(record.startNs), latencyNs: 0 };
    let awaited: boolean | undefined;
    const isAwaited = (): boolean => {
      awaited ??= this.#isAwaited(server, counted.timeNs, nowNs);
      return awaited;
    };
    this.#ledger.rules.forEach((rule, index) => {
      if (rule.type !== "signal" || !countsSignal(rule, record.command, isAwaited)) return;
      const track = this.#ledger.ofShare(server, nowNs).of(index, record.comm);
      if (track !== undefined) this.#ledger.count(track, counted, nowNs);
    });
  }

  /** Whether somebody waited for this server already when the signal came; for any where it is not known. */
  #isAwaited(server: string, sinceNs: number, nowNs: number): boolean {
    const isIts = (share: string) =>
      [server, share].includes(UNKNOWN_SHARE) || share === server || isShareOf(share, server);
    const isSent = this.#flight.someOpenAt(sinceNs, (request) => {
      const share = this.#witness.shareOf(request, nowNs);
      return !waitsByDesign(request.command, isPipeShare(share)) && isIts(share);
    });
    return isSent || this.#waiting.someWaiting(this.#tasksAt(nowNs), sinceNs, isIts);
  }

  #complete(request: Request, nowNs: number): void {
    const { rules } = this.#ledger;
    const known = this.#flight.end(request, this.#ledger);
    if (!isTrustedReply(request.flags)) return;
    const repeated = this.#isRepeated(request, nowNs);
    if (repeated) this.#repeated += 1;
    const facts = factsOfReply(request, isOnIpc(this.#witness, request, nowNs));
    const counted = { request, timeNs: endNs(request), latencyNs: request.latencyNs };
    const ofCompound = this.#compounds.marksOf(request, rules.length);
    const marks = known ?? ofCompound;
    let tracks: ShareTracks | undefined;
    for (let index = 0; index < rules.length; index++) {
      const judgement = judge(rules[index] as Rule, facts);
      const mark = marks[index] ?? 0;
      if (judgement === "passes" || (mark & SAID) !== 0) continue;
      tracks ??= this.#ledger.ofShare(this.#witness.shareOf(request, nowNs), nowNs);
      const track = tracks.of(index, request.comm);
      if (track === undefined) continue;
      const isCounted = (mark & COUNTED) !== 0;
      if (judgement === "emergency") {
        if (!isCounted) track.count(counted, repeated);
        this.#ledger.trip(track, counted, nowNs);
        marks[index] = COUNTED | SAID;
      } else if (!isCounted) {
        this.#ledger.count(track, counted, nowNs, repeated);
        marks[index] = COUNTED;
      }
    }
  }
}

/** From marks by the places of the old rules to marks by those of the new ones; what was shared stays shared. */
function makeRemap(predecessors: readonly number[]): (marks: Uint8Array) => Uint8Array {
  const known = new Map<Uint8Array, Uint8Array>();
  return (marks) => {
    const made = known.get(marks) ?? Uint8Array.from(predecessors, (old) => marks[old] ?? 0);
    known.set(marks, made);
    return made;
  };
}
