// A request as the history shows it, and back. Pure. The notation is that of requests.csv: session and tree in
// hexadecimal, figures of 64 bits as text.

import { COMMANDS, commandName } from "../model/command.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import { type Request, type RequestState, stateOf } from "../model/request.ts";

export type WorstRequest = {
  readonly command: string;
  readonly pid: number;
  readonly comm: string;
  readonly tid: number;
  /** When it was shown; what was in flight then may have ended long since. */
  readonly state: RequestState;
  /** Null while it was in flight. */
  readonly latency_ns: number | null;
  readonly nt_status: number;
  readonly errno: number;
  readonly session_id: string;
  readonly tree_id: string;
  readonly message_id: string;
  readonly boot_ns: string;
};

const FLAGS: Readonly<Record<RequestState, number>> = {
  done: FLAG.REPLIED,
  error: FLAG.REPLIED | FLAG.ERRORED,
  in_flight: 0,
  lost: 0,
};

export function encodeWorst(request: Request): WorstRequest {
  return {
    command: commandName(request.command),
    pid: request.processId,
    comm: request.comm,
    tid: request.taskId,
    state: stateOf(request),
    latency_ns: request.latencyNs || null,
    nt_status: request.ntStatus,
    errno: request.errno,
    session_id: `0x${request.sessionId.toString(16)}`,
    tree_id: `0x${request.treeId.toString(16)}`,
    message_id: String(request.messageId),
    boot_ns: String(request.startNs),
  };
}

/** Undefined for what is no request. */
export function decodeWorst(value: unknown): Request | undefined {
  const fields = (value ?? {}) as { readonly [Name in keyof WorstRequest]?: unknown };
  const { pid, tid, comm, nt_status, errno, tree_id, session_id, message_id, boot_ns } = fields;
  const command = (COMMANDS as readonly unknown[]).indexOf(fields.command);
  const latencyNs = fields.latency_ns ?? 0;
  const isRequest =
    command >= 0 &&
    typeof comm === "string" &&
    Object.hasOwn(FLAGS, String(fields.state)) &&
    [pid, tid, nt_status, errno, latencyNs].every(Number.isSafeInteger) &&
    [tree_id, session_id].every((text) => /^0x[0-9a-f]{1,16}$/.test(String(text))) &&
    [message_id, boot_ns].every((text) => /^\d{1,20}$/.test(String(text)));
  if (!isRequest) return undefined;
  return {
    startNs: BigInt(String(boot_ns)),
    latencyNs: Number(latencyNs),
    sessionId: BigInt(String(session_id)),
    messageId: BigInt(String(message_id)),
    treeId: Number(tree_id),
    taskId: Number(tid),
    processId: Number(pid),
    ntStatus: Number(nt_status),
    errno: Number(errno),
    command,
    flags: FLAGS[fields.state as RequestState],
    kind: KIND.REQUEST,
    comm,
  };
}
