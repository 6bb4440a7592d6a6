// A request as the history shows it, and back. Pure. The notation is that of requests.csv: session and tree in
// hexadecimal, figures of 64 bits as text.

import { COMMANDS } from "../model/command.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import { type Request, type RequestState, stateOf, whatIs } from "../model/request.ts";

export type WorstRequest = {
  /** Empty for an operation that was no request yet. */
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

/** What states come from; a signal takes no time and is never the worst. */
const STATES = {
  done: { kind: KIND.REQUEST, flags: FLAG.REPLIED },
  error: { kind: KIND.REQUEST, flags: FLAG.REPLIED | FLAG.ERRORED },
  in_flight: { kind: KIND.REQUEST, flags: 0 },
  lost: { kind: KIND.REQUEST, flags: 0 },
  waiting: { kind: KIND.OPERATION, flags: 0 },
} as const satisfies Partial<Record<RequestState, Pick<Request, "kind" | "flags">>>;

export function encodeWorst(request: Request): WorstRequest {
  return {
    command: whatIs(request),
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
  const isWaiting = fields.state === "waiting";
  const command = isWaiting ? 0 : (COMMANDS as readonly unknown[]).indexOf(fields.command);
  const latencyNs = fields.latency_ns ?? 0;
  const isRequest =
    command >= 0 &&
    typeof comm === "string" &&
    Object.hasOwn(STATES, String(fields.state)) &&
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
    ...STATES[fields.state as keyof typeof STATES],
    comm,
  };
}
