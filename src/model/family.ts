// The family of an incident: a server that does not answer in time, or a server that refuses. An incident holds the
// anomalies of one family of one server. Pure; it does not decide which server it is.

import type { Anomaly } from "./anomaly.ts";
import { isRefusalSignal, isUnreached } from "./refusal-evidence.ts";

/**
 * `availability`: replies are late or missing, or the connection is lost. `refusals`: replies with an error that
 * counts.
 */
export type Family = "availability" | "refusals";

export const FAMILIES = ["availability", "refusals"] as const satisfies readonly Family[];

/**
 * The family of an anomaly. `refusals`: all that a rule of type Error reports, unless each request is an operation that
 * could not reach its server; and signals if each is a refusal. `availability`: everything else.
 */
export function familyOf({
  kind,
  ruleType,
  evidence,
}: Pick<Anomaly, "kind" | "ruleType" | "evidence">): Family {
  if (ruleType === "error")
    return evidence.length > 0 && evidence.every(isUnreached) ? "availability" : "refusals";
  if (kind !== "signal" || evidence.length === 0) return "availability";
  return evidence.every(isRefusalSignal) ? "refusals" : "availability";
}
