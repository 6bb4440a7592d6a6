// One rule on one share: its window, the requests that counted last, and what is to be said of them. In: requests that
// count, and trips; out: anomalies, one at once and then one in 100 ms for each kind, so that a storm costs the
// supervisor little. What is held back is merged, never lost: it is said when the 100 ms are over.
//
//   trips   x    x xx  x                    x
//   said    x          xxxx      (nothing)  x
//           |- 100 ms -|- 100 ms -|
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
import { StatusTally } from "./status-tally.ts";
import { SlidingWindow } from "./window.ts";

/** Anomalies of one kind, rule and share are at least this far apart. */
export const MERGE_NS = 100e6;

/** The kernel's count of replies, ever growing. @param commands by number: those of interest. */
export type RepliesTo = (share: string, commands: readonly boolean[]) => number;

/** One kind of anomaly. */
interface KindState {
  readonly kind: AnomalyKind;
  reportedNs: number;
  /** The first trip that has not been said yet. */
  waiting: { readonly occurredNs: number; readonly detectedNs: number } | undefined;
  /** What tripped by itself, and the longest of it; a full window shows what is in it instead. */
  readonly tripped: RecentRequests;
  worstNs: number;
}

export class RuleWindow {
  readonly #rule: Rule;
  readonly #share: string;
  readonly #window: SlidingWindow | RateWindow;
  readonly #counted = new RecentRequests();
  readonly #full: KindState;
  /** That of the full window, and of each kind that tripped by itself; worst first. */
  readonly #kinds: KindState[];
  readonly #hanging: OngoingHangs;
  readonly #closest: ClosestApproach | undefined;
  #newestNs = -Infinity;
  /** Of the requests that counted and are in no anomaly yet. */
  #unreportedCount = 0;
  #unreportedWorstNs = 0;
  readonly #unreportedStatuses = new StatusTally();

  /**
   * @param repliesTo all replies of these commands on this share so far.
   * @param closest hears how full the window gets.
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
    // Where a window may hold many, one that hangs is news by itself all the same.
    this.#hanging = new OngoingHangs(rule.type === "stuck" ? rule.acceptableCount : 1);
  }

  /** When a request counted last, ns; -Infinity before the first. */
  get newestNs(): number {
    return this.#newestNs;
  }

  /** Counts a request that may have been said already: before a restart. */
  restore(counted: Counted): void {
    if (counted.timeNs > this.#newestNs) this.#newestNs = counted.timeNs;
    this.#counted.add(counted);
    this.#window.add(counted.timeNs);
  }

  /**
   * Counts a request; true if the window is full with it.
   * @param held it was restored already: only what is to be said grows.
   */
  count(counted: Counted, held = false): boolean {
    // What counted long ago and tripped nothing is no part of what comes now.
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

  /** The window is full with this request. True if there is something new to be said. */
  tripFull({ timeNs }: Counted, nowNs: number): boolean {
    if (this.#full.waiting !== undefined) return false;
    this.#full.waiting = { occurredNs: timeNs, detectedNs: nowNs };
    return true;
  }

  /** This reply trips the rule by itself. */
  trip(counted: Counted, nowNs: number): void {
    this.#wait("emergency", counted, nowNs);
  }

  /** This one hangs, or still does. True if that is something new to be said. */
  hang(who: object, counted: Counted, nowNs: number): boolean {
    this.#hanging.add(who, counted.request);
    this.#noteHanging(nowNs);
    if (!this.#hanging.isNews(nowNs)) {
      this.#kindState("hung").tripped.add(counted);
      return false;
    }
    this.#wait("hung", counted, nowNs);
    return true;
  }

  /** It was said to hang under another rule of the same name: nothing new. */
  adopt(who: object, request: Request, from: RuleWindow): void {
    this.#hanging.add(who, request);
    this.#hanging.adopt(from.#hanging);
  }

  /** It hangs no more. @param abandoned without a reply. */
  release(who: object, endNs: number, abandoned: boolean): void {
    this.#hanging.remove(who, endNs, abandoned);
  }

  /** Whether the end of what hung can be said: nothing hangs, and all that hung was said. */
  get hasRecovered(): boolean {
    return this.#hanging.size === 0 && this.#kindState("hung").waiting === undefined;
  }

  /** Takes what is to be said when nothing hangs any more; undefined where nothing was said to hang. */
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

  /** Whether nothing has counted since a time, nothing is left to say, and nothing hangs. */
  isQuietSince(timeNs: number): boolean {
    return this.#newestNs < timeNs && this.nextReportNs === Infinity && this.#hanging.size === 0;
  }

  /** When the next anomaly may be said; Infinity where none waits. */
  get nextReportNs(): number {
    let next = Infinity;
    for (const { waiting, reportedNs } of this.#kinds) {
      if (waiting !== undefined) next = Math.min(next, reportedNs + MERGE_NS);
    }
    return next;
  }

  /** Takes the anomalies that are due, the worst kind first. */
  takeDue(nowNs: number): readonly Anomaly[] {
    return this.#kinds
      .filter(({ waiting, reportedNs }) => waiting !== undefined && nowNs >= reportedNs + MERGE_NS)
      .map((kindState) => this.#makeAnomaly(kindState, nowNs));
  }

  // --- internal ---

  #noteFullness(atNs: number): void {
    const closest = this.#closest;
    if (closest?.isNews(this.#window.ratio, atNs) !== true) return;
    closest.note({ rule: this.#rule.name, share: this.#share, atNs, ...this.#window.fullness });
  }

  /** Of a rule that counts what is stuck at one time. */
  #noteHanging(atNs: number): void {
    const closest = this.#closest;
    if (this.#rule.type !== "stuck" || closest === undefined) return;
    const counted = this.#hanging.size;
    const ratio = counted / this.#rule.acceptableCount;
    if (!closest.isNews(ratio, atNs)) return;
    closest.note({ rule: this.#rule.name, share: this.#share, atNs, counted, replies: undefined, ratio });
  }

  #wait(kind: "emergency" | "hung", counted: Counted, nowNs: number): void {
    const kindState = this.#kindState(kind);
    kindState.waiting ??= { occurredNs: counted.timeNs, detectedNs: nowNs };
    kindState.worstNs = Math.max(kindState.worstNs, counted.latencyNs);
    kindState.tripped.add(counted);
  }

  #makeAnomaly(kindState: KindState, nowNs: number): Anomaly {
    const { kind, waiting, tripped } = kindState;
    const anomaly: Anomaly = {
      rule: this.#rule.name,
      ruleType: this.#rule.type,
      kind,
      share: this.#share,
      occurredNs: waiting?.occurredNs ?? nowNs,
      detectedNs: waiting?.detectedNs ?? nowNs,
      count: this.#unreportedCount,
      worstNs: Math.max(kindState.worstNs, this.#unreportedWorstNs),
      evidence: this.#evidenceOf(kindState),
      standing: this.#hanging.standing(nowNs),
      statuses: this.#unreportedStatuses.take(),
    };
    if (kind === "hung") this.#hanging.noteReported(nowNs);
    kindState.reportedNs = nowNs;
    kindState.waiting = undefined;
    kindState.worstNs = 0;
    tripped.clear();
    this.#unreportedCount = 0;
    this.#unreportedWorstNs = 0;
    return anomaly;
  }

  #evidenceOf({ kind, tripped }: KindState): readonly Request[] {
    if (kind === "hung" && this.#hanging.size > 0) return this.#hanging.evidence;
    // What hung has ended before it was said; what tripped by itself.
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

/** The share of replies that trips a rule, and the commands whose replies are counted for it. */
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
  return { kind, reportedNs: -Infinity, waiting: undefined, tripped: new RecentRequests(), worstNs: 0 };
}
