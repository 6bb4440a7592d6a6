// One rule on one share: its window, the requests that counted last, and what is to be said of them. In: requests that
// count, and trips; out: anomalies, one at once and then one in 100 ms for each kind, so that a storm costs the
// supervisor little. What is held back is merged, never lost: it is said when the 100 ms are over.
//
//   trips   x    x xx  x                    x
//   said    x          xxxx      (nothing)  x
//           |- 100 ms -|- 100 ms -|
//
// Memory is bounded by the rule and EVIDENCE_MAX. Pure: time is an argument.

import { type Anomaly, type AnomalyKind, SEVERITY } from "../model/anomaly.ts";
import type { Rule } from "../model/rule.ts";
import { KIND_OF_FULL_WINDOW } from "./judge.ts";
import { type Counted, Recent } from "./recent.ts";
import { SlidingWindow } from "./window.ts";

/** Anomalies of one kind, rule and share are at least this far apart. */
export const MERGE_NS = 100e6;

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
  readonly #window: SlidingWindow;
  readonly #counted = new Recent();
  readonly #full: Outlet;
  /** That of the full window, and of each kind that tripped by itself; worst first. */
  readonly #outlets: Outlet[];
  #newestNs = -Infinity;
  /** Of the requests that counted and are in no anomaly yet. */
  #unsaidCount = 0;
  #unsaidWorstNs = 0;

  constructor(rule: Rule, share: string) {
    this.#rule = rule;
    this.#share = share;
    this.#window = new SlidingWindow(rule.acceptableCount, rule.windowNs);
    this.#full = anOutlet(KIND_OF_FULL_WINDOW[rule.type]);
    this.#outlets = [this.#full];
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
    }
    this.#unsaidCount += 1;
    if (counted.latencyNs > this.#unsaidWorstNs) this.#unsaidWorstNs = counted.latencyNs;
    if (!held) this.restore(counted);
    return this.#window.isFull;
  }

  /** The window is full with this request. True if there is something new to be said. */
  tripFull({ timeNs }: Counted, nowNs: number): boolean {
    if (this.#full.waiting !== undefined) return false;
    this.#full.waiting = { occurredNs: timeNs, detectedNs: nowNs };
    return true;
  }

  /** This request trips the rule by itself. */
  trip(kind: "emergency" | "hung", counted: Counted, nowNs: number): void {
    const outlet = this.#outletOf(kind);
    outlet.waiting ??= { occurredNs: counted.timeNs, detectedNs: nowNs };
    outlet.worstNs = Math.max(outlet.worstNs, counted.latencyNs);
    outlet.tripped.add(counted);
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
      evidence:
        outlet === this.#full
          ? this.#counted.since(this.#newestNs - this.#rule.windowNs)
          : tripped.since(-Infinity),
      standing: undefined,
    };
    outlet.saidNs = nowNs;
    outlet.waiting = undefined;
    outlet.worstNs = 0;
    tripped.clear();
    this.#unsaidCount = 0;
    this.#unsaidWorstNs = 0;
    return anomaly;
  }

  #outletOf(kind: AnomalyKind): Outlet {
    for (const outlet of this.#outlets) if (outlet.kind === kind) return outlet;
    const outlet = anOutlet(kind);
    this.#outlets.push(outlet);
    this.#outlets.sort((a, b) => SEVERITY[b.kind] - SEVERITY[a.kind]);
    return outlet;
  }
}

function anOutlet(kind: AnomalyKind): Outlet {
  return { kind, saidNs: -Infinity, waiting: undefined, tripped: new Recent(), worstNs: 0 };
}
