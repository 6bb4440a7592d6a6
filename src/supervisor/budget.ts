// Limits the number and the size of captures an hour. Pure. A cooldown alone does not bound them: there is one for each
// server and family, and there may be many servers.
//
// Token buckets: half of the hourly limit is available at once, the other half is refilled evenly over an hour. So no
// hour exceeds the limit, and after a storm captures are possible again within minutes, not after an hour. An
// escalation may overdraw an empty bucket by a small reserve.

import type { ClockPair, StoredCapture } from "../model/capture.ts";
import { compareCaptureNames } from "../model/capture-name.ts";

export interface HourlyLimits {
  /** For each rule; all rules together may make ALL_RULES times as many. */
  readonly captures: number;
  /** Compressed size of the files. */
  readonly bytes: number;
}

/**
 * Why a capture was suppressed: the cooldown of its server and family, the limit of concurrent captures, or an hourly
 * limit; with the key of the configuration that sets the limit, if there is one.
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
/** The part of a full bucket by which an escalation may overdraw it; at least one capture. */
const RESERVE = 1 / 4;
const NS_PER_HOUR = 3.6e12;
/**
 * Age from which captures of an earlier run no longer count: even an overdrawn bucket is full again after this time.
 */
const RESTORED_NS = 2 * NS_PER_HOUR;
/** Captures on demand: only their size counts. */
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
   * Spends what an earlier run has spent, according to the time, rule and size of the captures on the disk. So a daemon
   * that restarts again and again makes no more captures than one that does not. Captures that the janitor has removed
   * meanwhile are not counted: their number is bounded by its own limits.
   */
  restore(captures: readonly StoredCapture[], now: ClockPair): void {
    for (const { epochMs, rule, bytes } of captures.toSorted(compareCaptureNames)) {
      const agoNs = (now.epochMs - epochMs) * 1e6;
      // The clock may have been set back since; a capture far in the future says nothing about this hour.
      if (Math.abs(agoNs) > RESTORED_NS) continue;
      const atNs = now.monotonicNs - Math.max(0, agoNs);
      if (rule !== MANUAL) {
        this.#ofRuleNamed(rule).spend(1, atNs);
        this.#ofAll.spend(1, atNs);
      }
      this.#bytes.spend(bytes, atNs);
    }
  }

  /** Applies new limits; what was spent remains spent. */
  configure(limits: HourlyLimits, nowNs: number): void {
    this.#limits = limits;
    this.#ofAll.resize(ALL_RULES * limits.captures, nowNs);
    this.#bytes.resize(limits.bytes, nowNs);
    for (const [rule, bucket] of this.#ofRule) {
      bucket.resize(limits.captures, nowNs);
      // The rule may be gone; a new bucket would be full as well.
      if (bucket.isFull) this.#ofRule.delete(rule);
    }
  }

  /**
   * Takes one capture for a rule, if the limits allow it.
   * @returns the cause for which it is suppressed; undefined if it was taken.
   */
  take(rule: string, isEscalation: boolean, nowNs: number): SuppressionCause | undefined {
    const ofRule = this.#ofRuleNamed(rule);
    if (!ofRule.has(1, isEscalation, nowNs)) return "captures_of_rule";
    if (!this.#ofAll.has(1, isEscalation, nowNs)) return "captures_of_all";
    // Its size is known when it is written; until then some bytes must be left.
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

  /** Whether so many tokens are available, including the reserve if it may be overdrawn. */
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
