// Tells refusals from failed connections in evidence that is no reply: signals, and operations that fail without a
// request. The family of an incident and the symptom of a verdict both ask here, so that they never disagree. Pure
// tables and one function.
//
// A refusal is a decision of the server (or of a key that it is asked with): MS-SMB2 3.3.5 answers a request that it
// rejects with a status. Without a connection there is no answer, and the client makes up an errno of its own.

import { ERRNO } from "./errno.ts";
import { KIND } from "./request.gen.ts";
import type { Request } from "./request.ts";
import { type SignalName, signalName } from "./signal.ts";

/**
 * Errnos of an operation, or of a signal, that mean that there is no connection: nothing refused it. From fs/smb/client
 * and net of 5.10 to 6.18: EAGAIN and EHOSTDOWN come of a wait for a reconnect (smb2pdu.c smb2_reconnect, transport.c);
 * ECONNABORTED and ESHUTDOWN of a connection that is being given up (connect.c); the others of the socket itself
 * (connect.c generic_ip_connect, and tcp_sendmsg, which gives EPIPE once the socket is shut down; ENETDOWN is that of
 * an interface that is down).
 */
const WITHOUT_CONNECTION: ReadonlySet<number> = new Set([
  ERRNO.EAGAIN,
  ERRNO.EPIPE,
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

/** A server that rejects a session, a key or a share refuses. Everything else is about a connection or this machine. */
const IS_REFUSAL: Readonly<Record<SignalName, boolean>> = {
  reconnect: false,
  partial_send_reconnect: false,
  credit_timeout: false,
  reconnect_with_invalid_credits: false,
  connect_err: false,
  insufficient_credits: false,
  overflow_credits: false,
  // The client finds no session of that id in its own list, when it signs, encrypts or checks a message
  // (smb2transport.c smb2_get_sign_key, smb2ops.c smb2_get_enc_key): that of a connection that was re-established
  // meanwhile. A server that knows the session no more answers STATUS_USER_SESSION_DELETED (MS-SMB2 3.3.5.2.9), which
  // is a reply.
  ses_not_found: false,
  ses_expired: true,
  key_expired: true,
  tcon: true,
  soft_lockup: false,
  hung_task: false,
  server_not_responding: false,
  session_setup_failed: true,
  no_task_to_wake: false,
  out_of_memory: false,
  link_down: false,
};

/** Whether an operation failed because its server could not be reached. */
export function isUnreached({ kind, errno }: Pick<Request, "kind" | "errno">): boolean {
  return kind === KIND.OPERATION && WITHOUT_CONNECTION.has(errno);
}

/** Whether a signal is about something that the server rejected. */
export function isRefusalSignal({
  kind,
  command,
  errno,
}: Pick<Request, "kind" | "command" | "errno">): boolean {
  if (kind !== KIND.SIGNAL || WITHOUT_CONNECTION.has(errno)) return false;
  const refusals: Readonly<Record<string, boolean>> = IS_REFUSAL;
  return refusals[signalName(command)] === true;
}
