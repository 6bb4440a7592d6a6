// One rule on one share: its window, the requests that counted last, and the anomalies to report. Of each kind one
// anomaly is reported at once and then one in 100 ms, so that a storm costs the supervisor little. What happens within
// the 100 ms is merged, never lost: it is reported when they are over.
//
//   trips     x    x xx  x                    x
//   reported  x          xxxx      (nothing)  x
//             |- 100 ms -|- 100 ms -|
//
// Memory is bounded by the rule and EVIDENCE_MAX. Pure: time is an argument.

import { type Anomaly, type AnomalyKind, type Recovery, SEVERITY } from "../model/anomaly.ts";
import type { Request } from "../model/request.ts";
import type { RateLimit, Rule } from "../model/rule.ts";
import type { ClosestApproach } from "./closest.ts";
import { KIND_OF_FULL_WINDOW } from "./judge.ts";
import { OngoingHangs } from "./ongoing-hangs.ts";
import { RateWindow } from "./rate-window.ts";
import { type Counted, RecentRequests } from "./recent-requests.ts";
import { StatusCounter } from "./status-counter.ts";
import { SlidingWindow } from "./window.ts";

/** Anomalies of one kind, rule and share are at least this far apart. */
export const MERGE_NS = 100e6;

/** The kernel's count of replies, which only grows. @param commands by command number: those that are counted. */
export type RepliesTo = (share: string, commands: readonly boolean[]) => number;

/** The pending reports of one kind of anomaly. */
interface KindState {
  readonly kind: AnomalyKind;
  reportedNs: number;
  /** The first trip that has not been reported yet. */
  firstTrip: { readonly occurredNs: number; readonly detectedNs: number } | undefined;
  /** Requests that tripped the rule on their own; an anomaly of a full window shows the window's requests instead. */
  readonly tripped: RecentRequests;
  /** The longest latency or age of these requests, ns. */
  worstNs: number;
}

export class RuleWindow {
  readonly #rule: Rule;
  readonly #share: string;
  readonly #window: SlidingWindow | RateWindow;
  readonly #counted = new RecentRequests();
  readonly #full: KindState;
  /** The kind of a full window, and each kind that a single request has tripped; worst first. */
  readonly #kinds: KindState[];
  readonly #hanging: OngoingHangs;
  readonly #closest: ClosestApproach | undefined;
  #newestNs = -Infinity;
  /** Requests that counted and are in no anomaly yet. */
  #unreportedCount = 0;
  #unreportedWorstNs = 0;
  readonly #unreportedStatuses = new StatusCounter();

  /**
   * @param repliesTo counts all replies to these commands on this share so far.
   * @param closest records how full the window gets.
   */
  constructor(rule: Rule, share: string, repliesTo: RepliesTo = () => 0, closest?: ClosestApproach) {
    this.#rule = rule;
    this.#share = share;
    this.#closest = closest;
    const rate = rateOf(rule);
    this.#window =
      rate === undefined
        ? new SlidingWindow(rule.acceptableCount, rule.windowNs)
        : new RateWindow(rate.limit, rule.windowNs, () => repliesTo(share, rate.commands));
    this.#full = aKindState(KIND_OF_FULL_WINDOW[rule.type]);
    this.#kinds = [this.#full];
    // For rules whose window counts other things, a single hang is worth a report.
    this.#hanging = new OngoingHangs(rule.type === "stuck" ? rule.acceptableCount : 1);
  }

  /** When a request last counted, ns; -Infinity before the first. */
  get newestNs(): number {
    return this.#newestNs;
  }

  /** Counts a request that may have been reported before a restart; it causes no report. */
  restore(counted: Counted): void {
    if (counted.timeNs > this.#newestNs) this.#newestNs = counted.timeNs;
    this.#counted.add(counted);
    this.#window.add(counted.timeNs);
  }

  /**
   * Counts a request.
   * @param held whether `restore` has counted it: only the pending report grows.
   * @returns whether the window is full.
   */
  count(counted: Counted, held = false): boolean {
    // Requests that counted long ago and tripped nothing do not belong to the next anomaly.
    if (counted.timeNs - this.#newestNs > this.#rule.windowNs && this.nextReportNs === Infinity) {
      this.#unreportedCount = 0;
      this.#unreportedWorstNs = 0;
      this.#unreportedStatuses.take();
    }
    this.#unreportedCount += 1;
    if (this.#rule.type === "error") this.#unreportedStatuses.add(counted.request);
    if (counted.latencyNs > this.#unreportedWorstNs) this.#unreportedWorstNs = counted.latencyNs;
    if (!held) this.restore(counted);
    this.#noteFullness(counted.timeNs);
    return this.#window.isFull;
  }

  /** Notes that the window is full with this request. @returns whether that starts a new report. */
  tripFull({ timeNs }: Counted, nowNs: number): boolean {
    if (this.#full.firstTrip !== undefined) return false;
    this.#full.firstTrip = { occurredNs: timeNs, detectedNs: nowNs };
    return true;
  }

  /** Notes a reply that trips the rule on its own. */
  trip(counted: Counted, nowNs: number): void {
    this.#addTrip("emergency", counted, nowNs);
  }

  /** Notes a request or operation that hangs, or still hangs. @returns whether that is worth a report. */
  hang(who: object, counted: Counted, nowNs: number): boolean {
    this.#hanging.add(who, counted.request);
    this.#noteHanging(nowNs);
    if (!this.#hanging.isNews(nowNs)) {
      this.#kindState("hung").tripped.add(counted);
      return false;
    }
    this.#addTrip("hung", counted, nowNs);
    return true;
  }

  /** Takes over a hang that was reported under another rule of the same name. */
  adopt(who: object, request: Request, from: RuleWindow): void {
    this.#hanging.add(who, request);
    this.#hanging.adopt(from.#hanging);
  }

  /** Notes the end of a hang. @param abandoned whether it ended without a reply. */
  release(who: object, endNs: number, abandoned: boolean): void {
    this.#hanging.remove(who, endNs, abandoned);
  }

  /** Whether a recovery can be reported: nothing hangs, and no report of a hang is pending. */
  get hasRecovered(): boolean {
    return this.#hanging.size === 0 && this.#kindState("hung").firstTrip === undefined;
  }

  /** Takes the report of the recovery; undefined if no hang was reported. */
  takeRecovery(): Recovery | undefined {
    const ended = this.#hanging.takeRecovery();
    const hung = this.#kindState("hung");
    if (ended === undefined) return undefined;
    const recovery = {
      rule: this.#rule.name,
      share: this.#share,
      unreported: this.#unreportedCount,
      ...ended,
    };
    this.#unreportedCount = 0;
    hung.tripped.clear();
    return recovery;
  }

  /** Whether nothing has counted since this time, no report is pending, and nothing hangs. */
  isQuietSince(timeNs: number): boolean {
    return this.#newestNs < timeNs && this.nextReportNs === Infinity && this.#hanging.size === 0;
  }

  /** When the next anomaly is due, ns; Infinity if none is pending. */
  get nextReportNs(): number {
    let next = Infinity;
    for (const { firstTrip, reportedNs } of this.#kinds) {
      if (firstTrip !== undefined) next = Math.min(next, reportedNs + MERGE_NS);
    }
    return next;
  }

  /** Takes the anomalies that are due, the worst kind first. */
  takeDue(nowNs: number): readonly Anomaly[] {
    return this.#kinds
      .filter(({ firstTrip, reportedNs }) => firstTrip !== undefined && nowNs >= reportedNs + MERGE_NS)
      .map((kindState) => this.#makeAnomaly(kindState, nowNs));
  }

  // --- internal ---

  #noteFullness(atNs: number): void {
    const closest = this.#closest;
    if (closest?.isClosest(this.#window.ratio, atNs) !== true) return;
    closest.note({ rule: this.#rule.name, share: this.#share, atNs, ...this.#window.fullness });
  }

  /** For Stuck rules, whose window is the number of hangs at one time. */
  #noteHanging(atNs: number): void {
    const closest = this.#closest;
    if (this.#rule.type !== "stuck" || closest === undefined) return;
    const counted = this.#hanging.size;
    const ratio = counted / this.#rule.acceptableCount;
    if (!closest.isClosest(ratio, atNs)) return;
    closest.note({ rule: this.#rule.name, share: this.#share, atNs, counted, replies: undefined, ratio });
  }

  #addTrip(kind: "emergency" | "hung", counted: Counted, nowNs: number): void {
    const kindState = this.#kindState(kind);
    kindState.firstTrip ??= { occurredNs: counted.timeNs, detectedNs: nowNs };
    kindState.worstNs = Math.max(kindState.worstNs, counted.latencyNs);
    kindState.tripped.add(counted);
  }

  #makeAnomaly(kindState: KindState, nowNs: number): Anomaly {
    const { kind, firstTrip, tripped } = kindState;
    const anomaly: Anomaly = {
      rule: this.#rule.name,
      ruleType: this.#rule.type,
      kind,
      share: this.#share,
      occurredNs: firstTrip?.occurredNs ?? nowNs,
      detectedNs: firstTrip?.detectedNs ?? nowNs,
      count: this.#unreportedCount,
      worstNs: Math.max(kindState.worstNs, this.#unreportedWorstNs),
      evidence: this.#evidenceOf(kindState),
      standing: this.#hanging.standing(nowNs),
      statuses: this.#unreportedStatuses.take(),
    };
    if (kind === "hung") this.#hanging.noteReported(nowNs);
    kindState.reportedNs = nowNs;
    kindState.firstTrip = undefined;
    kindState.worstNs = 0;
    tripped.clear();
    this.#unreportedCount = 0;
    this.#unreportedWorstNs = 0;
    return anomaly;
  }

  #evidenceOf({ kind, tripped }: KindState): readonly Request[] {
    if (kind === "hung" && this.#hanging.size > 0) return this.#hanging.evidence;
    // For "hung": it ended before it was reported.
    if (kind === "hung" || kind === "emergency") return tripped.since(-Infinity);
    return this.#counted.since(this.#newestNs - this.#rule.windowNs);
  }

  #kindState(kind: AnomalyKind): KindState {
    for (const kindState of this.#kinds) if (kindState.kind === kind) return kindState;
    const kindState = aKindState(kind);
    this.#kinds.push(kindState);
    this.#kinds.sort((a, b) => SEVERITY[b.kind] - SEVERITY[a.kind]);
    return kindState;
  }
}

/** The percentage of replies that trips a rule, if it has one, and the commands whose replies are counted for it. */
function rateOf(
  rule: Rule,
): { readonly limit: RateLimit; readonly commands: readonly boolean[] } | undefined {
  switch (rule.type) {
    case "error":
      return rule.rate && { limit: rule.rate, commands: rule.commands };
    case "latency":
      return rule.rate && { limit: rule.rate, commands: rule.slowNs.map((slowNs) => slowNs !== Infinity) };
    case "stuck":
    case "signal":
      return undefined;
    default:
      return rule satisfies never;
  }
}

function aKindState(kind: AnomalyKind): KindState {
  return { kind, reportedNs: -Infinity, firstTrip: undefined, tripped: new RecentRequests(), worstNs: 0 };
}
