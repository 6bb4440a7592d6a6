// The first question of a verdict: is a piece of evidence late, refused or missing? Each has its own signs. Pure.

import { ERRNO } from "./errno.ts";
import { KIND } from "./request.gen.ts";
import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";
import { signalName } from "./signal.ts";

/**
 * `late`: a reply that took too long. `refused`: a reply with a status that counts, or an operation that the client failed without a
 * request. `missing`: no reply, a task that does not return from cifs, a connection that is lost.
 */
export const SYMPTOMS = ["late", "refused", "missing"] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/** Signals of a session or a share that the server does not accept. Every other signal is about a connection. */
const REFUSAL_SIGNALS: ReadonlySet<string> = new Set([
  "ses_expired",
  "ses_not_found",
  "key_expired",
  "tcon",
  "session_setup_failed",
]);

/** Errnos of an operation that failed because its connection is down: nothing refused it. */
const DISCONNECTED: ReadonlySet<number> = new Set([
  ERRNO.EAGAIN,
  ERRNO.ENETDOWN,
  ERRNO.ENETUNREACH,
  ERRNO.ECONNABORTED,
  ERRNO.ECONNRESET,
  ERRNO.ENOTCONN,
  ERRNO.ESHUTDOWN,
  ERRNO.ETIMEDOUT,
  ERRNO.ECONNREFUSED,
  ERRNO.EHOSTDOWN,
  ERRNO.EHOSTUNREACH,
]);

/** @param ruleType of the rule that the evidence tripped: a refusal may be slow, and a slow reply may be an everyday refusal. */
export function symptomOf(
  { kind, command, latencyNs, errno }: Pick<Request, "kind" | "command" | "latencyNs" | "errno">,
  ruleType: RuleType | "manual",
): Symptom {
  if (kind === KIND.SIGNAL) return REFUSAL_SIGNALS.has(signalName(command)) ? "refused" : "missing";
  if (kind === KIND.OPERATION) return errno === 0 || DISCONNECTED.has(errno) ? "missing" : "refused";
  if (ruleType === "error") return "refused";
  return latencyNs === 0 ? "missing" : "late";
}
