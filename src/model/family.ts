// The family of a trouble: a server that does not answer in time, or a server that answers no. An incident holds the
// anomalies of one family of one server. Pure tables and one function; which server it is, is not decided here.

import type { Anomaly } from "./anomaly.ts";
import { ERRNO } from "./errno.ts";
import { KIND } from "./request.gen.ts";
import type { Request } from "./request.ts";
import { type SignalName, signalName } from "./signal.ts";

/** `availability`: replies are late or missing, or the connection is lost. `refusals`: replies with an error that counts. */
export type Family = "availability" | "refusals";

export const FAMILIES = ["availability", "refusals"] as const satisfies readonly Family[];

/** A lost connection is availability; a server that rejects a session, a key or a share refuses. */
const FAMILY_OF_SIGNAL: Readonly<Record<SignalName, Family>> = {
  reconnect: "availability",
  partial_send_reconnect: "availability",
  credit_timeout: "availability",
  reconnect_with_invalid_credits: "availability",
  connect_err: "availability",
  insufficient_credits: "availability",
  overflow_credits: "availability",
  // The message of a connection that was re-established meanwhile.
  ses_not_found: "availability",
  ses_expired: "refusals",
  key_expired: "refusals",
  tcon: "refusals",
  soft_lockup: "availability",
  hung_task: "availability",
  server_not_responding: "availability",
  session_setup_failed: "refusals",
  no_task_to_wake: "availability",
  out_of_memory: "availability",
  link_down: "availability",
};

/** The client gives these without a reply: fs/smb/client/smb2pdu.c smb2_reconnect and transport.c, 6.12. */
const WITHOUT_REPLY: ReadonlySet<number> = new Set([
  ...[ERRNO.EAGAIN, ERRNO.EHOSTDOWN, ERRNO.ETIMEDOUT, ERRNO.ENOTCONN],
  ...[ERRNO.ECONNABORTED, ERRNO.ECONNRESET, ERRNO.ECONNREFUSED, ERRNO.EHOSTUNREACH, ERRNO.ENETUNREACH],
]);

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
    return evidence.length > 0 && evidence.every(isUnreachable) ? "availability" : "refusals";
  if (kind !== "signal" || evidence.length === 0) return "availability";
  return evidence.every(isRefusal) ? "refusals" : "availability";
}

// --- internal ---

function isUnreachable({ kind, errno }: Request): boolean {
  return kind === KIND.OPERATION && WITHOUT_REPLY.has(errno);
}

function isRefusal({ command, errno }: Request): boolean {
  const families: Readonly<Record<string, Family>> = FAMILY_OF_SIGNAL;
  return families[signalName(command)] === "refusals" && !WITHOUT_REPLY.has(errno);
}
