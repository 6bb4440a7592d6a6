// The family of a trouble: a server that does not answer in time, or a server that answers no. An incident holds the
// anomalies of one family of one server. Pure; which server it is, is not decided here.

import type { Anomaly } from "./anomaly.ts";
import { isRefusalSignal, isUnreached } from "./refusal-evidence.ts";

/** `availability`: replies are late or missing, or the connection is lost. `refusals`: replies with an error that counts. */
export type Family = "availability" | "refusals";

export const FAMILIES = ["availability", "refusals"] as const satisfies readonly Family[];

/**
 * The family of an anomaly: `refusals` for what a rule of type Error reports, unless each is an operation that could not reach its
 * server, and for signals of which each is a refusal; `availability` for everything else.
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
