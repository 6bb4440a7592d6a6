// An incident: the anomalies of one rule on one share, from the first until it has been quiet for a while.
// Plain data.

import type { AnomalyKind } from "./anomaly.ts";
import type { RuleType } from "./rule.ts";

export interface Incident {
  readonly id: string;
  readonly rule: string;
  readonly ruleType: RuleType;
  readonly share: string;
  readonly state: "open" | "resolved";
  /** The worst kind so far. */
  readonly kind: AnomalyKind;
  /** ms since 1970 UTC. */
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | undefined;
  /** ns of CLOCK_MONOTONIC of the last anomaly. */
  readonly lastNs: number;
  /** Requests that counted. */
  readonly count: number;
  readonly worstNs: number;
  /** Names of its captures, oldest first. */
  readonly captures: readonly string[];
  /** Captures that were not made because of the cooldown. */
  readonly suppressed: number;
}
