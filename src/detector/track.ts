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
import { Hanging } from "./hanging.ts";
import { KIND_OF_FULL_WINDOW } from "./judge.ts";
import { RateWindow } from "./rate-window.ts";
import { type Counted, Recent } from "./recent.ts";
import { StatusTally } from "./status-tally.ts";
import { SlidingWindow } from "./window.ts";

/** Anomalies of one kind, rule and share are at least this far apart. */
export const MERGE_NS = 100e6;

/** The kernel's count of replies, ever growing. @param commands by number: those of interest. */
export type RepliesTo = (share: string, commands: readonly boolean[]) => number;

/** One kind of anomaly. */
interface Outlet {
  readonly kind: AnomalyKind;
  saidNs: number;
  /** The first trip that has not been said yet. */
  waiting: { readonly occurredNs: number; readonly detectedNs: number } | undefined;
  /** What tripped by itself, and the longest of it; a full window shows what is in it instead. */
  readonly tripped: Recent;
  worstNs: number;
}

export class Track {
  readonly #rule: Rule;
  readonly #share: string;
  readonly #window: SlidingWindow | RateWindow;
  readonly #counted = new Recent();
  readonly #full: Outlet;
  /** That of the full window, and of each kind that tripped by itself; worst first. */
  readonly #outlets: Outlet[];
  readonly #hanging: Hanging;
  readonly #closest: ClosestApproach | undefined;
  #newestNs = -Infinity;
  /** Of the requests that counted and are in no anomaly yet. */
  #unsaidCount = 0;
  #unsaidWorstNs = 0;
  readonly #unsaidStatuses = new StatusTally();

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
    this.#full = anOutlet(KIND_OF_FULL_WINDOW[rule.type]);
    this.#outlets = [this.#full];
    // Where a window may hold many, one that hangs is news by itself all the same.
    this.#hanging = new Hanging(rule.type === "stuck" ? rule.acceptableCount : 1);
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
    if (counted.timeNs - this.#newestNs > this.#rule.windowNs && this.nextSayNs === Infinity) {
      this.#unsaidCount = 0;
      this.#unsaidWorstNs = 0;
      this.#unsaidStatuses.take();
    }
    this.#unsaidCount += 1;
    if (this.#rule.type === "error") this.#unsaidStatuses.add(counted.request);
    if (counted.latencyNs > this.#unsaidWorstNs) this.#unsaidWorstNs = counted.latencyNs;
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
      this.#outletOf("hung").tripped.add(counted);
      return false;
    }
    this.#wait("hung", counted, nowNs);
    return true;
  }

  /** It was said to hang under another rule of the same name: nothing new. */
  adopt(who: object, request: Request, from: Track): void {
    this.#hanging.add(who, request);
    this.#hanging.adopt(from.#hanging);
  }

  /** It hangs no more. @param abandoned without a reply. */
  release(who: object, endNs: number, abandoned: boolean): void {
    this.#hanging.remove(who, endNs, abandoned);
  }

  /** Whether the end of what hung can be said: nothing hangs, and all that hung was said. */
  get hasRecovered(): boolean {
    return this.#hanging.size === 0 && this.#outletOf("hung").waiting === undefined;
  }

  /** Takes what is to be said when nothing hangs any more; undefined where nothing was said to hang. */
  takeRecovery(): Recovery | undefined {
    const ended = this.#hanging.takeRecovery();
    const hung = this.#outletOf("hung");
    if (ended === undefined) return undefined;
    const recovery = { rule: this.#rule.name, share: this.#share, unsaid: this.#unsaidCount, ...ended };
    this.#unsaidCount = 0;
    hung.tripped.clear();
    return recovery;
  }

  /** Whether nothing has counted since a time, nothing is left to say, and nothing hangs. */
  isQuietSince(timeNs: number): boolean {
    return this.#newestNs < timeNs && this.nextSayNs === Infinity && this.#hanging.size === 0;
  }

  /** When the next anomaly may be said; Infinity where none waits. */
  get nextSayNs(): number {
    let next = Infinity;
    for (const { waiting, saidNs } of this.#outlets) {
      if (waiting !== undefined) next = Math.min(next, saidNs + MERGE_NS);
    }
    return next;
  }

  /** Takes the anomalies that are due, the worst kind first. */
  say(nowNs: number): readonly Anomaly[] {
    return this.#outlets
      .filter(({ waiting, saidNs }) => waiting !== undefined && nowNs >= saidNs + MERGE_NS)
      .map((outlet) => this.#sayOne(outlet, nowNs));
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
    const outlet = this.#outletOf(kind);
    outlet.waiting ??= { occurredNs: counted.timeNs, detectedNs: nowNs };
    outlet.worstNs = Math.max(outlet.worstNs, counted.latencyNs);
    outlet.tripped.add(counted);
  }

  #sayOne(outlet: Outlet, nowNs: number): Anomaly {
    const { kind, waiting, tripped } = outlet;
    const anomaly: Anomaly = {
      rule: this.#rule.name,
      ruleType: this.#rule.type,
      kind,
      share: this.#share,
      occurredNs: waiting?.occurredNs ?? nowNs,
      detectedNs: waiting?.detectedNs ?? nowNs,
      count: this.#unsaidCount,
      worstNs: Math.max(outlet.worstNs, this.#unsaidWorstNs),
      evidence: this.#evidenceOf(outlet),
      standing: this.#hanging.standing(nowNs),
      statuses: this.#unsaidStatuses.take(),
    };
    if (kind === "hung") this.#hanging.noteSaid(nowNs);
    outlet.saidNs = nowNs;
    outlet.waiting = undefined;
    outlet.worstNs = 0;
    tripped.clear();
    this.#unsaidCount = 0;
    this.#unsaidWorstNs = 0;
    return anomaly;
  }

  #evidenceOf({ kind, tripped }: Outlet): readonly Request[] {
    if (kind === "hung" && this.#hanging.size > 0) return this.#hanging.evidence;
    // What hung has ended before it was said; what tripped by itself.
    if (kind === "hung" || kind === "emergency") return tripped.since(-Infinity);
    return this.#counted.since(this.#newestNs - this.#rule.windowNs);
  }

  #outletOf(kind: AnomalyKind): Outlet {
    for (const outlet of this.#outlets) if (outlet.kind === kind) return outlet;
    const outlet = anOutlet(kind);
    this.#outlets.push(outlet);
    this.#outlets.sort((a, b) => SEVERITY[b.kind] - SEVERITY[a.kind]);
    return outlet;
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

function anOutlet(kind: AnomalyKind): Outlet {
  return { kind, saidNs: -Infinity, waiting: undefined, tripped: new Recent(), worstNs: 0 };
}
