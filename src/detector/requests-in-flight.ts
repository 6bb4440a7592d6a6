// Requests in flight: finds those that are overdue or hang, and decides when to scan the table next. It counts them in
// the ledger and collects orphaned requests, whose reply no task awaits any more. Pure but for the request table, which
// BPF programs change while it is read: a line is used only if its start is the same before and after the read.

import { FLAG, REQUEST_BYTES } from "../model/request.gen.ts";
import { endNs, type Request, type RequestMemory } from "../model/request.ts";
import { lineStartNs, readStarted } from "../table/line.ts";
import { TableScan } from "../table/walk-open.ts";
import type { Compounds } from "./compounds.ts";
import { factsInFlight } from "./facts.ts";
import { limitsInFlight } from "./judge.ts";
import type { Ledger, ShareWindows } from "./ledger.ts";
import { CHECK_AFTER_NS } from "./limits.ts";
import { LivenessCheck } from "./liveness-check.ts";
import {
  COUNTED,
  exactDueOf,
  FORGET_AFTER_NS,
  type Overdue,
  OverdueRequests,
  REPORTED,
  slowDueOf,
} from "./overdue.ts";
import type { Due } from "./scan-schedule.ts";
import { isOnIpc, type Witness } from "./witness.ts";

export class RequestsInFlight {
  readonly #table: RequestMemory;
  readonly #scan: TableScan;
  readonly #witness: Witness;
  readonly #compounds: Compounds;
  readonly #overdue = new OverdueRequests();
  readonly #livenessCheck: LivenessCheck;
  #scanNumber = 0;
  #open = 0;
  #unfollowed = 0;
  #slowDueNs = Infinity;
  #exactDueNs = Infinity;

  constructor(table: RequestMemory, witness: Witness, compounds: Compounds) {
    this.#table = table;
    this.#scan = new TableScan(table);
    this.#witness = witness;
    this.#compounds = compounds;
    this.#livenessCheck = new LivenessCheck(table, witness);
  }

  /** When an open request may next count (slow), and when one may next hang or needs a liveness check (exact). */
  get due(): Due {
    return { slowDueNs: this.#slowDueNs, exactDueNs: this.#exactDueNs };
  }

  get counts() {
    return {
      scans: this.#scanNumber,
      inFlight: this.#open + this.#overdue.followed,
      orphaned: this.#livenessCheck.orphaned,
      followed: this.#overdue.followed,
      unfollowed: this.#unfollowed,
    };
  }

  /** Takes the open requests, found since the last call, whose reply no task awaits any more. */
  takeOrphaned(): readonly Request[] {
    return this.#livenessCheck.takeOrphaned();
  }

  /** Forgets a completed request. @returns its marks by rule index, if it was overdue. */
  end(request: Request, ledger: Ledger): Uint8Array | undefined {
    const entry = this.#overdue.take(request);
    if (entry !== undefined)
      entry.hangs.release(ledger, endNs(request), (request.flags & FLAG.REPLIED) === 0);
    return entry?.marks;
  }

  /** Follows an open request whose line was evicted, if any rule could call it hung. */
  follow(request: Request, ledger: Ledger): void {
    const emergencyNs = ledger.limits.emergencyNs[request.command] ?? Infinity;
    if (emergencyNs === Infinity) return;
    const checkNs = Number(request.startNs) + emergencyNs;
    const marks = this.#compounds.marksOf(request, ledger.rules.length);
    if (this.#overdue.follow(request, checkNs, marks)) this.#unfollowed += 1;
    this.#note(Infinity, checkNs);
  }

  /** Follows requests that were in flight before the programs were attached, unless they have a line in the table. */
  inherit(requests: readonly Request[], ledger: Ledger, nowNs: number): void {
    const known = new Set<string>();
    this.#scan.walk(nowNs, (at) => known.add(senderOf(this.#table.read(at))));
    for (const request of requests) if (!known.has(senderOf(request))) this.follow(request, ledger);
  }

  /**
   * Switches to other rules. What was counted and reported under a rule's name is not counted or reported again.
   * @param remapped converts marks from the indices of the old rules to those of the new ones.
   */
  remap(
    remapped: (marks: Uint8Array) => Uint8Array,
    predecessors: readonly number[],
    ledger: Ledger,
    nowNs: number,
  ): void {
    this.#overdue.remap(remapped);
    for (const entry of this.#overdue) {
      if (!entry.hangs.isHanging) continue;
      const { request, hangs } = entry;
      const windows = this.#windowsOf(request, ledger, nowNs);
      hangs.adopt(predecessors, request, (index) => windows.of(index, request.comm));
    }
  }

  /** DebugData has been read: entries that waited for it are due now. */
  resume(nowNs: number): void {
    this.#overdue.resume(nowNs);
  }

  /** Whether some request for which `isSuch` holds was in flight at this moment; it may have ended since. */
  someOpenAt(atNs: number, isSuch: (request: Request) => boolean): boolean {
    for (let at = 0; at < this.#table.byteLength; at += REQUEST_BYTES) {
      const startNs = lineStartNs(this.#table, at);
      if (startNs === 0 || startNs >= atNs) continue;
      const latencyNs = this.#table.latencyNs(at);
      if (latencyNs > 0 && startNs + latencyNs <= atNs) continue;
      const request = readStarted(this.#table, at, startNs);
      if (request !== undefined && isSuch(request)) return true;
    }
    return false;
  }

  /** The threads that sent the requests in flight. */
  senders(nowNs: number): ReadonlySet<number> {
    const tasks = new Set<number>();
    this.#scan.walk(nowNs, (at) => tasks.add(this.#table.taskId(at)));
    for (const { request } of this.#overdue) tasks.add(request.taskId);
    return tasks;
  }

  /** The latest request of each of these threads in the table. */
  lastOf(taskIds: ReadonlySet<number>): ReadonlyMap<number, Request> {
    const last = new Map<number, Request>();
    for (let at = 0; at < this.#table.byteLength; at += REQUEST_BYTES) {
      const taskId = this.#table.taskId(at);
      if (!taskIds.has(taskId)) continue;
      const request = this.#table.read(at);
      const known = last.get(taskId);
      if (known === undefined || request.startNs > known.startNs) last.set(taskId, request);
    }
    return last;
  }

  /**
   * Scans the table and applies the rules to overdue requests.
   * @returns start_ns of the newest line, 0 in an empty table.
   */
  scan(ledger: Ledger, nowNs: number): number {
    this.#scanNumber += 1;
    this.#slowDueNs = Infinity;
    this.#exactDueNs = Infinity;
    const result = this.#scan.walk(nowNs, (at, startNs, command) => {
      this.#visit(ledger, nowNs, at, startNs, command);
    });
    this.#open = result.open;
    for (const gone of this.#overdue.sweep(this.#scanNumber, nowNs)) {
      gone.hangs.release(ledger, gone.goneNs ?? nowNs, false);
    }
    const suspects: Overdue[] = [];
    for (const entry of this.#overdue) {
      if (entry.goneNs !== undefined || nowNs < Math.min(slowDueOf(entry), exactDueOf(entry))) continue;
      if (this.#witness.isAwaiting(entry.request, nowNs)) entry.heldUntilNs = this.#witness.holdUntilNs;
      else if (this.#countSlow(entry, ledger, nowNs)) suspects.push(entry);
    }
    for (const { entry, liveness } of this.#livenessCheck.check(suspects, nowNs)) {
      if (liveness === "alive") this.#reportHung(entry, ledger, nowNs);
      if (liveness === "dead") entry.hangs.release(ledger, nowNs, true);
      if (liveness === "dead" && entry.at === undefined) this.#overdue.drop(entry);
    }
    for (const entry of this.#overdue) {
      if (entry.goneNs === undefined) this.#note(slowDueOf(entry), exactDueOf(entry));
      // The end of a reported hang must be reported soon.
      else if (entry.hangs.isHanging) this.#note(Infinity, entry.goneNs + FORGET_AFTER_NS);
    }
    return result.newestStartNs;
  }

  // --- internal ---

  #note(slowDueNs: number, exactDueNs: number): void {
    this.#slowDueNs = Math.min(this.#slowDueNs, slowDueNs);
    this.#exactDueNs = Math.min(this.#exactDueNs, exactDueNs);
  }

  /** One open line. If it is too young for its command to be read, it is due again at the lowest limit. */
  #visit(
    { limits, rules }: Ledger,
    nowNs: number,
    at: number,
    startNs: number,
    command: number | undefined,
  ): void {
    const known = this.#overdue.atLine(at, startNs);
    if (known !== undefined) {
      known.foundIn = this.#scanNumber;
      return;
    }
    const slowDueNs =
      startNs + (command === undefined ? limits.lowestNs : (limits.slowNs[command] ?? Infinity));
    const emergencyNs = command === undefined ? Infinity : (limits.emergencyNs[command] ?? Infinity);
    const exactDueNs = startNs + Math.min(emergencyNs, CHECK_AFTER_NS);
    if (command === undefined || nowNs < Math.min(slowDueNs, exactDueNs)) {
      this.#note(slowDueNs, exactDueNs);
      return;
    }
    const request = this.#livenessCheck.readOpen(at, startNs);
    if (request === undefined) return;
    const marks = this.#compounds.marksOf(request, rules.length);
    const entry = this.#overdue.add(request, at, exactDueNs, marks);
    if (entry !== undefined) entry.foundIn = this.#scanNumber;
  }

  /**
   * Counts a request that has become slow and computes when it is due next.
   * @returns whether it needs a liveness check now.
   */
  #countSlow(entry: Overdue, ledger: Ledger, nowNs: number): boolean {
    const { request, startNs, marks } = entry;
    const ageNs = nowNs - startNs;
    const facts = factsInFlight(request.command, ageNs, isOnIpc(this.#witness, request, nowNs));
    const windows = this.#windowsOf(request, ledger, nowNs);
    entry.slowDueNs = Infinity;
    entry.emergencyDueNs = Infinity;
    let mayHang = false;
    ledger.rules.forEach((rule, index) => {
      const { slowNs, emergencyNs } = limitsInFlight(rule, facts);
      const countsNs = Math.min(slowNs, emergencyNs);
      if (countsNs === Infinity || !windows.admits(index, request.comm)) return;
      const mark = marks[index] ?? 0;
      // A request that only Stuck rules limit counts once a liveness check has found it alive.
      if ((mark & COUNTED) === 0 && slowNs !== Infinity && this.#livenessCheck.hasOwnLine(entry)) {
        if (ageNs >= countsNs) this.#count(entry, index, startNs + countsNs, ledger, nowNs);
        else entry.slowDueNs = Math.min(entry.slowDueNs, startNs + countsNs);
      }
      if ((mark & REPORTED) !== 0) return;
      if (ageNs >= emergencyNs) mayHang = true;
      else entry.emergencyDueNs = Math.min(entry.emergencyDueNs, startNs + emergencyNs);
    });
    return nowNs >= entry.checkNs || (mayHang && !entry.onHold);
  }

  #count(entry: Overdue, index: number, timeNs: number, ledger: Ledger, nowNs: number): void {
    const { request, startNs, marks } = entry;
    const ruleWindow = this.#windowsOf(request, ledger, nowNs).of(index, request.comm);
    if (ruleWindow === undefined) return;
    ledger.count(ruleWindow, { request, timeNs, latencyNs: nowNs - startNs }, nowNs);
    marks[index] = (marks[index] ?? 0) | COUNTED;
  }

  #windowsOf(request: Request, ledger: Ledger, nowNs: number): ShareWindows {
    return ledger.ofShare(this.#witness.shareOf(request, nowNs), nowNs);
  }

  /**
   * Reports a request that was found alive to the rules whose limits it exceeds: once a compound, again while it hangs.
   */
  #reportHung(entry: Overdue, ledger: Ledger, nowNs: number): void {
    const { request, startNs, marks } = entry;
    const facts = factsInFlight(request.command, nowNs - startNs, isOnIpc(this.#witness, request, nowNs));
    ledger.rules.forEach((rule, index) => {
      const { emergencyNs } = limitsInFlight(rule, facts);
      if (facts.latencyNs < emergencyNs) return;
      const counted = { request, timeNs: startNs + emergencyNs, latencyNs: facts.latencyNs };
      if (entry.hangs.goOn(index, counted, ledger, nowNs)) return;
      const mark = marks[index] ?? 0;
      const ruleWindow = this.#windowsOf(request, ledger, nowNs).of(index, request.comm);
      if (ruleWindow === undefined || (mark & REPORTED) !== 0) return;
      // Not `ledger.count`: the hang is reported anyway, and a window that is full with it needs no report of its own.
      if ((mark & COUNTED) === 0) ruleWindow.count(counted);
      entry.hangs.begin(index, ruleWindow, counted, ledger, nowNs);
      marks[index] = COUNTED | REPORTED;
    });
  }
}

/** The key by which cifs identifies a request. */
function senderOf({ taskId, messageId }: Request): string {
  return `${taskId}/${messageId}`;
}
