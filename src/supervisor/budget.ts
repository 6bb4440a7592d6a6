// How many captures there may be in an hour, and how big. In: who asks, sizes, and the time; out: yes, or what stands against
// it. Pure. A cooldown alone does not bound anything: there is one for each server and family, and there may be many servers.
//
// Buckets of tokens: half an hour's worth may go at once, the other half comes back evenly over an hour. So no hour has
// more than the limit, and after a storm there is evidence again in minutes, not when the hour is over. What is worse than
// before may overdraw its buckets a little, once each is empty, but not for ever.

import type { ClockPair, StoredCapture } from "../model/capture.ts";
import { compareCaptureNames } from "../model/capture-name.ts";

export interface HourlyLimits {
  /** Of each rule; all rules together may have ALL_RULES times as many. */
  readonly captures: number;
  /** Of the files, compressed. */
  readonly bytes: number;
}

/**
 * Why a capture was not made: the cooldown of its server and family, as many as can be at once, or what an hour may have; and the
 * key of the configuration that bounds it, where one does.
 */
export const SUPPRESSION_KEYS = {
  cooldown: "guardian.capture_cooldown_sec",
  captures_under_way: undefined,
  captures_of_rule: "guardian.max_captures_per_hour",
  captures_of_all: "guardian.max_captures_per_hour",
  bytes: "guardian.max_capture_mb_per_hour",
} as const;
export type SuppressionCause = keyof typeof SUPPRESSION_KEYS;
export type SuppressionCounts = Readonly<Partial<Record<SuppressionCause, number>>>;

export const ALL_RULES = 3;
/** Of what may go at once, for what is worse than before; one at least. */
const RESERVE = 1 / 4;
const NS_PER_HOUR = 3.6e12;
/** Of captures of an earlier run: a bucket that was overdrawn by its reserve is full again by then. */
const RESTORED_NS = 2 * NS_PER_HOUR;
/** Made because somebody asked for them: not counted, but for their size. */
const MANUAL = "manual";

export class CaptureBudget {
  readonly #ofRule = new Map<string, Bucket>();
  readonly #ofAll: Bucket;
  readonly #bytes: Bucket;
  #limits: HourlyLimits;

  constructor(limits: HourlyLimits) {
    this.#limits = limits;
    this.#ofAll = new Bucket(ALL_RULES * limits.captures);
    this.#bytes = new Bucket(limits.bytes);
  }

  /**
   * Spends what an earlier run has: the captures that lie on the disk say when, of which rule and how big. A daemon that is
   * started again and again has no more than one that is not. What the janitor has removed meanwhile is forgotten:
   * that is bounded by its own limits.
   */
  restore(captures: readonly StoredCapture[], now: ClockPair): void {
    for (const { epochMs, rule, bytes } of captures.toSorted(compareCaptureNames)) {
      const agoNs = (now.epochMs - epochMs) * 1e6;
      // The clock may have been set back since; what is far ahead says nothing of this hour.
      if (Math.abs(agoNs) > RESTORED_NS) continue;
      const atNs = now.monotonicNs - Math.max(0, agoNs);
      if (rule !== MANUAL) {
        this.#ofRuleNamed(rule).spend(1, atNs);
        this.#ofAll.spend(1, atNs);
      }
      this.#bytes.spend(bytes, atNs);
    }
  }

  /** What was spent stays spent. */
  configure(limits: HourlyLimits, nowNs: number): void {
    this.#limits = limits;
    this.#ofAll.resize(ALL_RULES * limits.captures, nowNs);
    this.#bytes.resize(limits.bytes, nowNs);
    for (const [rule, bucket] of this.#ofRule) {
      bucket.resize(limits.captures, nowNs);
      // A rule may be gone; without it the bucket would be full as well.
      if (bucket.isFull) this.#ofRule.delete(rule);
    }
  }

  /**
   * Takes one capture of a rule, if there may be one.
   * @returns what stands against it.
   */
  take(rule: string, isEscalation: boolean, nowNs: number): SuppressionCause | undefined {
    const ofRule = this.#ofRuleNamed(rule);
    if (!ofRule.has(1, isEscalation, nowNs)) return "captures_of_rule";
    if (!this.#ofAll.has(1, isEscalation, nowNs)) return "captures_of_all";
    // Its size is known when it is written; until then there has to be something left.
    if (!this.#bytes.has(1, isEscalation, nowNs)) return "bytes";
    ofRule.take(1);
    this.#ofAll.take(1);
    return undefined;
  }

  /** Notes the size of a capture that was written. */
  spend(bytes: number, nowNs: number): void {
    this.#bytes.spend(bytes, nowNs);
  }

  #ofRuleNamed(rule: string): Bucket {
    const bucket = this.#ofRule.get(rule) ?? new Bucket(this.#limits.captures);
    this.#ofRule.set(rule, bucket);
    return bucket;
  }
}

class Bucket {
  #most = 0;
  #perHour = 0;
  #level: number;
  #atNs = Number.NEGATIVE_INFINITY;

  constructor(hourly: number) {
    this.#size(hourly);
    this.#level = this.#most;
  }

  get isFull(): boolean {
    return this.#level >= this.#most;
  }

  /** Whether there is so much now; with the reserve below it, if that may be used. */
  has(amount: number, mayOverdraw: boolean, nowNs: number): boolean {
    this.refill(nowNs);
    const reserve = mayOverdraw ? Math.max(1, Math.floor(this.#most * RESERVE)) : 0;
    return this.#level + reserve >= amount;
  }

  take(amount: number): void {
    this.#level -= amount;
  }

  spend(amount: number, nowNs: number): void {
    this.refill(nowNs);
    this.take(amount);
  }

  refill(nowNs: number): void {
    const hours = Math.max(0, nowNs - this.#atNs) / NS_PER_HOUR;
    this.#level = Math.min(this.#most, this.#level + hours * this.#perHour);
    this.#atNs = Math.max(this.#atNs, nowNs);
  }

  resize(hourly: number, nowNs: number): void {
    this.refill(nowNs);
    const spent = this.#most - this.#level;
    this.#size(hourly);
    this.#level = this.#most - spent;
  }

  #size(hourly: number): void {
    this.#most = Math.ceil(hourly / 2);
    this.#perHour = Math.max(1, hourly - this.#most);
  }
}
