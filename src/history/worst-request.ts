// The JSON of the worst request in the history, encoded and decoded. Pure. The notation is that of requests.csv:
// session and tree in hexadecimal, 64-bit figures as text.

import * as v from "valibot";
import { COMMANDS } from "../model/command.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import { type Request, type RequestState, stateOf, whatIs } from "../model/request.ts";

export type WorstRequestRow = {
  /** Empty for an operation that had not become a request yet. */
  readonly command: string;
  readonly pid: number;
  readonly comm: string;
  readonly tid: number;
  /** The state when the line was written; a request that was in flight then may have ended long ago. */
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

/** Longer than any task name in the kernel. */
const COMM_MAX = 64;

/** The kind and flags of each state. A signal takes no time and is never the worst request. */
const STATES = {
  done: { kind: KIND.REQUEST, flags: FLAG.REPLIED },
  error: { kind: KIND.REQUEST, flags: FLAG.REPLIED | FLAG.ERRORED },
  in_flight: { kind: KIND.REQUEST, flags: 0 },
  lost: { kind: KIND.REQUEST, flags: 0 },
  waiting: { kind: KIND.OPERATION, flags: 0 },
} as const satisfies Partial<Record<RequestState, Pick<Request, "kind" | "flags">>>;

export function encodeWorst(request: Request): WorstRequestRow {
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

/** Undefined if the value is not a request. */
export function decodeWorst(value: unknown): Request | undefined {
  const { success, output } = v.safeParse(storedRequest, value);
  if (!success) return undefined;
  const command = output.state === "waiting" ? 0 : (COMMANDS as readonly string[]).indexOf(output.command);
  if (command < 0) return undefined;
  return {
    startNs: output.boot_ns,
    latencyNs: output.latency_ns ?? 0,
    sessionId: output.session_id,
    messageId: output.message_id,
    treeId: Number(output.tree_id),
    taskId: output.tid,
    processId: output.pid,
    ntStatus: output.nt_status,
    errno: output.errno,
    command,
    ...STATES[output.state],
    comm: output.comm,
  };
}

// --- schema of what comes back ---

const safe = v.pipe(v.number(), v.safeInteger());

/** An unsigned figure of at most `bits` bits, as text in this notation. */
function unsigned(notation: RegExp, bits: bigint) {
  return v.pipe(
    v.string(),
    v.regex(notation),
    v.transform((text) => BigInt(text)),
    v.maxValue((1n << bits) - 1n),
  );
}

const HEXADECIMAL = /^0x[0-9a-f]{1,16}$/;
const DECIMAL = /^\d{1,20}$/;

const storedRequest = v.object({
  command: v.string(),
  state: v.picklist(Object.keys(STATES) as (keyof typeof STATES)[]),
  comm: v.pipe(v.string(), v.maxLength(COMM_MAX)),
  pid: safe,
  tid: safe,
  nt_status: safe,
  errno: safe,
  latency_ns: v.nullish(safe),
  session_id: unsigned(HEXADECIMAL, 64n),
  tree_id: unsigned(HEXADECIMAL, 32n),
  message_id: unsigned(DECIMAL, 64n),
  boot_ns: unsigned(DECIMAL, 64n),
});
