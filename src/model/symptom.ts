// The first question of a verdict: is a piece of evidence late, refused or missing? Each has its own signs. Pure.

import { isRefusalSignal, isUnreached } from "./refusal-evidence.ts";
import { KIND } from "./request.gen.ts";
import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";

/**
 * `late`: a reply that took too long. `refused`: a reply with a status that counts, or an operation that the client
 * failed without a request. `missing`: no reply, a task that does not return from cifs, a connection that is lost.
 */
export const SYMPTOMS = ["late", "refused", "missing"] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/**
 * @param ruleType the type of the rule that the evidence tripped: a refusal may be slow, and a slow reply may be an
 * everyday refusal.
 */
export function symptomOf(
  evidence: Pick<Request, "kind" | "command" | "latencyNs" | "errno">,
  ruleType: RuleType | "manual",
): Symptom {
  const { kind, latencyNs, errno } = evidence;
  if (kind === KIND.SIGNAL) return isRefusalSignal(evidence) ? "refused" : "missing";
  if (kind === KIND.OPERATION) return errno === 0 || isUnreached(evidence) ? "missing" : "refused";
  if (ruleType === "error") return "refused";
  return latencyNs === 0 ? "missing" : "late";
}
