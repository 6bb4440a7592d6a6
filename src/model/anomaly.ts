// What the detector says when a rule trips. Plain data, fit for postMessage.

import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";

/**
 * How bad it is, mildest first within latency: `slow` filled a window, `emergency` is one reply over the emergency
 * threshold, `hung` is one such request that still has no reply. `error` stands beside them.
 */
export type AnomalyKind = "slow" | "emergency" | "hung" | "error";

/** Rank of each kind: a capture of a lower one never holds back a higher one. */
export const SEVERITY: Readonly<Record<AnomalyKind, number>> = { slow: 1, error: 1, emergency: 2, hung: 3 };

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
   * an incident add up: 0 says that all of `evidence` counted before, as slow, and hangs by now.
   */
  readonly count: number;
  /** The longest latency, or age in flight, among them, ns. */
  readonly worstNs: number;
  /** The requests that tripped it, oldest first, the last EVIDENCE_MAX of the window. */
  readonly evidence: readonly Request[];
}

/** A share that attribution does not know (yet). */
export const UNKNOWN_SHARE = "unknown";
