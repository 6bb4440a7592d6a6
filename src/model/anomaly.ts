// The detector's report when a rule trips. Plain data, fit for postMessage.

import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";
import type { StatusCount } from "./status-count.ts";

/**
 * How bad it is, mildest first: `slow`, `error` and `signal` filled a window; `emergency` is one reply that is enough
 * by itself, by its length or by its status; `hung` is a request, or an operation before it became one, that still
 * waits.
 */
export type AnomalyKind = "slow" | "error" | "signal" | "emergency" | "hung";

/** Rank of each kind: a capture of a lower one never holds back a higher one. */
export const SEVERITY: Readonly<Record<AnomalyKind, number>> = {
  slow: 1,
  error: 1,
  signal: 1,
  emergency: 2,
  hung: 3,
};

/** The most requests that an anomaly carries as evidence. */
export const EVIDENCE_MAX = 32;

export interface Anomaly {
  readonly rule: string;
  readonly ruleType: RuleType;
  readonly kind: AnomalyKind;
  /** `//server/share`, or "unknown". */
  readonly share: string;
  /** When the request that tripped it was complete, or overdue: ns of CLOCK_MONOTONIC. */
  readonly occurredNs: number;
  /** When the detector decided: ns of CLOCK_MONOTONIC. */
  readonly detectedNs: number;
  /**
   * Requests that counted for this rule and share since the last anomaly that was reported for them. So the counts of
   * an incident add up: 0 means that all of `evidence` counted before, as slow, and hangs now.
   */
  readonly count: number;
  /** The longest latency, or age in flight, among them, ns. */
  readonly worstNs: number;
  /** The requests that tripped it, oldest first, the last EVIDENCE_MAX of the window. */
  readonly evidence: readonly Request[];
  /** The requests and operations that hang at this moment for this rule and share; undefined if none does. */
  readonly standing: CurrentHangs | undefined;
  /** For a rule of type Error the statuses of the requests in `count`, the most frequent first; else empty. */
  readonly statuses: readonly StatusCount[];
}

/** Requests and operations that hang at one moment. */
export interface CurrentHangs {
  /** At least 1. */
  readonly count: number;
  /** Age of the oldest, ns. */
  readonly oldestNs: number;
}

/** Nothing hangs any more for this rule and share. Follows an anomaly with `standing`, once. Plain data. */
export interface Recovery {
  readonly rule: string;
  readonly share: string;
  /** Requests and operations that hung since the last moment when none did. */
  readonly count: number;
  /** Those of them that ended without a reply: their process was killed, or their connection lost. */
  readonly abandoned: number;
  /** The ones among them that counted and are in no anomaly. */
  readonly unreported: number;
  /** The longest time that one of them took to its end, ns. */
  readonly longestNs: number;
  /** When the last of them ended, ns of CLOCK_MONOTONIC. */
  readonly endedNs: number;
}

/** A share that attribution does not know (yet). */
export const UNKNOWN_SHARE = "unknown";
