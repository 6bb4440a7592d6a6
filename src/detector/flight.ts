// Requests in flight: which of them are overdue, and which hang. In: looks at the request table, evictions, the ends of
// requests, the time, a witness of what still waits; out: what the rules make of them, lines that nobody waits for,
// and when to look again. Pure but for the table, which programs change meanwhile: a line is believed only if it is
// the same before and after it was read.

import { FLAG } from "../model/request.gen.ts";
import type { Request, RequestMemory } from "../model/request.ts";
import type { Verdict } from "./confirm.ts";
import { factsInFlight } from "./facts.ts";
import { limitsOf } from "./latency.ts";
import type { Ledger, ShareTracks } from "./ledger.ts";
import { CHECK_AFTER_NS } from "./limits.ts";
import { COUNTED, type Overdue, OverdueRequests, SAID } from "./overdue.ts";
import type { Due } from "./rhythm.ts";
import { TableScan } from "./scan.ts";
import { isOnIpc, type Witness } from "./witness.ts";

/** What is alive is asked about again when its age has doubled, and not sooner than this. */
const ALIVE_AGAIN_NS = 5e9;
/** What could not be told is asked about again when its age has grown by half, and not sooner than this. */
const UNSURE_AGAIN_NS = 1e9;

export class Flight {
  readonly #table: RequestMemory;
  readonly #scan: TableScan;
  readonly #witness: Witness;
  readonly #overdue = new OverdueRequests();
  #dead: Request[] = [];
  #look = 0;
  #open = 0;
  #deadCount = 0;
  #unfollowed = 0;
  #slowDueNs = Infinity;
  #exactDueNs = Infinity;

  constructor(table: RequestMemory, witness: Witness) {
    this.#table = table;
    this.#scan = new TableScan(table);
    this.#witness = witness;
  }

  /** When an open request may next count, and when one may next be hung or has to be asked about. */
  get due(): Due {
    return { slowDueNs: this.#slowDueNs, exactDueNs: this.#exactDueNs };
  }

  get counts() {
    return {
      scans: this.#look,
      inFlight: this.#open + this.#overdue.followed,
      dead: this.#deadCount,
      followed: this.#overdue.followed,
      unfollowed: this.#unfollowed,
    };
  }

  /** Takes the requests with lines that nobody waits for, found since the last call. */
  takeDead(): readonly Request[] {
    const dead = this.#dead;
    this.#dead = [];
    return dead;
  }

  /** Forgets a request that is complete; what rules have made of it in flight, by their place. */
  end(request: Request): Uint8Array | undefined {
    return this.#overdue.take(request)?.marks;
  }

  /** An open request lost its line: it is followed if a rule could call it hung. */
  follow(request: Request, ledger: Ledger): void {
    const emergencyNs = ledger.limits.emergencyNs[request.command] ?? Infinity;
    if (emergencyNs === Infinity) return;
    const checkNs = Number(request.startNs) + emergencyNs;
    if (this.#overdue.follow(request, checkNs, ledger.rules.length)) this.#unfollowed += 1;
    this.#note(Infinity, checkNs);
  }

  /** Other rules: what was counted and said under a rule's name stays so. */
  remap(predecessors: readonly number[]): void {
    this.#overdue.remap(predecessors);
  }

  /**
   * Looks through the table, and applies the rules to what is overdue.
   * @returns start_ns of the newest line, 0 in an empty table.
   */
  look(ledger: Ledger, nowNs: number): number {
    this.#look += 1;
    this.#slowDueNs = Infinity;
    this.#exactDueNs = Infinity;
    const result = this.#scan.walk(nowNs, (at, startNs, command) => {
      this.#visit(ledger, nowNs, at, startNs, command);
    });
    this.#open = result.open;
    this.#overdue.sweep(this.#look, nowNs);
    const suspects: Overdue[] = [];
    for (const entry of this.#overdue) {
      if (entry.goneNs !== undefined || nowNs < Math.min(entry.slowDueNs, exactDueOf(entry))) continue;
      if (this.#ripen(entry, ledger, nowNs)) suspects.push(entry);
    }
    this.#question(suspects, ledger, nowNs);
    for (const entry of this.#overdue) {
      if (entry.goneNs === undefined) this.#note(entry.slowDueNs, exactDueOf(entry));
    }
    return result.newestStartNs;
  }

  // --- internal ---

  #note(slowDueNs: number, exactDueNs: number): void {
    this.#slowDueNs = Math.min(this.#slowDueNs, slowDueNs);
    this.#exactDueNs = Math.min(this.#exactDueNs, exactDueNs);
  }

  /** One open line. A young one whose command can't be read yet is seen again when the lowest limit is over. */
  #visit(
    { limits, rules }: Ledger,
    nowNs: number,
    at: number,
    startNs: number,
    command: number | undefined,
  ): void {
    const known = this.#overdue.atLine(at, startNs);
    if (known !== undefined) {
      known.look = this.#look;
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
    const request = this.#readOpen(at, startNs);
    const entry = request && this.#overdue.add(request, at, exactDueNs, rules.length);
    if (entry !== undefined) entry.look = this.#look;
  }

  /** The request of an open line, if the line is still that one's when it was read. */
  #readOpen(at: number, startNs: number): Request | undefined {
    const request = this.#table.read(at);
    return Number(request.startNs) === startNs && this.#isOpen(at, startNs) ? request : undefined;
  }

  #isOpen(at: number, startNs: number): boolean {
    const table = this.#table;
    const isOpen = table.latencyNs(at) === 0;
    return isOpen && table.startHigh(at) * 0x1_0000_0000 + table.startLow(at) === startNs;
  }

  /** Counts what has become slow, and works out what is due next. True if it has to be asked about now. */
  #ripen(entry: Overdue, ledger: Ledger, nowNs: number): boolean {
    const { request, startNs, marks } = entry;
    const ageNs = nowNs - startNs;
    const facts = factsInFlight(request.command, ageNs, isOnIpc(this.#witness, request, nowNs));
    entry.slowDueNs = Infinity;
    entry.emergencyDueNs = Infinity;
    let mayHang = false;
    ledger.rules.forEach((rule, index) => {
      if (rule.type !== "latency") return;
      const { slowNs, emergencyNs } = limitsOf(rule, facts);
      const mark = marks[index] ?? 0;
      const countsNs = Math.min(slowNs, emergencyNs);
      if ((mark & COUNTED) === 0 && this.#hasOwnLine(entry)) {
        if (ageNs >= countsNs) this.#count(entry, index, startNs + countsNs, ledger, nowNs);
        else entry.slowDueNs = Math.min(entry.slowDueNs, startNs + countsNs);
      }
      if ((mark & SAID) !== 0) return;
      if (ageNs >= emergencyNs) mayHang = true;
      else entry.emergencyDueNs = Math.min(entry.emergencyDueNs, startNs + emergencyNs);
    });
    return nowNs >= entry.checkNs || (mayHang && !entry.onHold);
  }

  /**
   * Whether its line being open says that it is in flight. An evicted request has none, its reply would go unseen; of
   * two that are ambiguous the reply may have closed the wrong one. Such a request counts only if it is found alive.
   */
  #hasOwnLine({ at }: Overdue): boolean {
    return at !== undefined && (this.#table.flags(at) & FLAG.AMBIGUOUS) === 0;
  }

  #count(entry: Overdue, index: number, timeNs: number, ledger: Ledger, nowNs: number): void {
    const { request, startNs, marks } = entry;
    const track = this.#tracksOf(request, ledger, nowNs).of(index);
    ledger.count(track, { request, timeNs, latencyNs: nowNs - startNs }, nowNs);
    marks[index] = (marks[index] ?? 0) | COUNTED;
  }

  #tracksOf(request: Request, ledger: Ledger, nowNs: number): ShareTracks {
    return ledger.ofShare(this.#witness.shareOf(request, nowNs), nowNs);
  }

  /** Asks whether anybody waits for these, says of whom it is so, and has the others closed. */
  #question(suspects: readonly Overdue[], ledger: Ledger, nowNs: number): void {
    if (suspects.length === 0) return;
    const verdicts = this.#witness.check(
      suspects.map((entry) => ({
        request: entry.request,
        hasLine: this.#hasOwnLine(entry),
        sinceNs: entry.checkedNs,
      })),
      nowNs,
    );
    suspects.forEach((entry, index) => {
      // Its reply may have come meanwhile; then the record of that says all.
      if (entry.at !== undefined && !this.#isOpen(entry.at, entry.startNs)) return;
      this.#conclude(entry, verdicts[index] ?? "unsure", ledger, nowNs);
    });
  }

  #conclude(entry: Overdue, verdict: Verdict, ledger: Ledger, nowNs: number): void {
    const ageNs = nowNs - entry.startNs;
    entry.onHold = verdict !== "alive";
    if (verdict !== "stale") entry.checkedNs = nowNs;
    switch (verdict) {
      case "alive":
        this.#sayHung(entry, ledger, nowNs);
        entry.checkNs = nowNs + Math.max(ageNs, ALIVE_AGAIN_NS);
        break;
      case "dead":
        this.#deadCount += 1;
        if (entry.at === undefined) this.#overdue.drop(entry);
        else this.#dead.push(entry.request);
        // Closing it may fail; then it is found again.
        entry.checkNs = nowNs + Math.max(ageNs, ALIVE_AGAIN_NS);
        break;
      case "stale":
        entry.checkNs = Math.max(this.#witness.readableNs, nowNs + 1);
        break;
      case "unsure":
        entry.checkNs = nowNs + Math.max(ageNs / 2, UNSURE_AGAIN_NS);
        break;
      default:
        verdict satisfies never;
    }
  }

  #sayHung(entry: Overdue, ledger: Ledger, nowNs: number): void {
    const { request, startNs, marks } = entry;
    const facts = factsInFlight(request.command, nowNs - startNs, isOnIpc(this.#witness, request, nowNs));
    ledger.rules.forEach((rule, index) => {
      if (rule.type !== "latency") return;
      const { emergencyNs } = limitsOf(rule, facts);
      const mark = marks[index] ?? 0;
      if (facts.latencyNs < emergencyNs || (mark & SAID) !== 0) return;
      const counted = { request, timeNs: startNs + emergencyNs, latencyNs: facts.latencyNs };
      const track = this.#tracksOf(request, ledger, nowNs).of(index);
      if ((mark & COUNTED) === 0) track.count(counted);
      ledger.trip(track, "hung", counted, nowNs);
      marks[index] = COUNTED | SAID;
    });
  }
}

function exactDueOf({ emergencyDueNs, checkNs }: Overdue): number {
  return Math.min(emergencyDueNs, checkNs);
}
