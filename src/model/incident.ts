// An incident: the anomalies of one rule on one share, from the first until it has been quiet for a while.
// Plain data.

import type { AnomalyKind, Standing } from "./anomaly.ts";
import type { Attribution } from "./attribution.ts";
import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";
import type { Verdict } from "./verdict.ts";

/** The newest captures that an incident names: the janitor deletes by age and size, and some incidents last for days. */
export const CAPTURES_MAX = 32;

export interface Incident {
  readonly id: string;
  readonly rule: string;
  readonly ruleType: RuleType;
  readonly share: string;
  readonly state: "open" | "resolved";
  /** The worst kind so far. */
  readonly kind: AnomalyKind;
  /** When its first anomaly came, ms since 1970 UTC. */
  readonly openedAtMs: number;
  /** When its last anomaly came, or what hung had ended. */
  readonly lastAtMs: number;
  readonly resolvedAtMs: number | undefined;
  /** Requests that counted. */
  readonly count: number;
  readonly worstNs: number;
  /** The longest request that an anomaly showed, as it was then; undefined where none showed one. */
  readonly worst: Request | undefined;
  /** Whose trouble it is, as it was when it opened, became worse or was captured. */
  readonly attribution: Attribution | undefined;
  /** What hangs at this moment; undefined where nothing does. */
  readonly standing: Standing | undefined;
  /** What hung: the most in one go, and the longest of all; undefined where nothing did. */
  readonly hung: Hung | undefined;
  /** Names of its captures, oldest first, the newest CAPTURES_MAX. */
  readonly captures: readonly string[];
  /** Of its newest capture that names a cause, else of its newest; undefined before the first. */
  readonly verdict: Verdict | undefined;
  /** Captures that were not made because of the cooldown or of an hour's limits. */
  readonly suppressed: number;
}

export interface Hung {
  /** The most between two moments when nothing did. */
  readonly count: number;
  readonly longestNs: number;
}
