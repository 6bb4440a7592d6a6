// The row of a request in captures: the columns of requests.csv, which are also the fields of the manifest's evidence.
// The notation is that of DebugData and of the kernel's trace: session and tree in hexadecimal; message id, pid and tid
// in decimal.

import type { CaptureOrder } from "../model/capture.ts";
import { errnoName } from "../model/errno.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import { type Request, type RequestState, stateOf, whatIs } from "../model/request.ts";
import { ShareIndex } from "../model/share.ts";
import { makeUtcFormat } from "./utc.ts";

/** Keys in the order of the columns. Absolute 64-bit figures are text: JSON readers keep 53 bits. */
export interface RequestRow {
  readonly time_utc: string;
  /** ns of CLOCK_MONOTONIC. */
  readonly boot_ns: string;
  /** In flight: the age when the table was frozen. Null for a signal, and if replies could not be told apart. */
  readonly latency_ns: number | null;
  readonly state: RequestState;
  /** For a signal the tracepoint; for an operation empty while it waits, `operation` if it failed without a request. */
  readonly command: string;
  /** Empty without a reply. */
  readonly nt_status: string;
  /** Name; empty without an error. */
  readonly errno: string;
  readonly session_id: string;
  readonly tree_id: string;
  readonly message_id: string;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** Empty if it is not known. */
  readonly share: string;
}

/** Makes the function that makes the rows of one capture. */
export function makeRequestRow({
  frozenAt,
  shares,
}: Pick<CaptureOrder, "frozenAt" | "shares">): (request: Request) => RequestRow {
  const utc = makeUtcFormat(frozenAt);
  const known = new ShareIndex(shares);
  return (request) => {
    const startNs = Number(request.startNs);
    const replied = (request.flags & FLAG.REPLIED) !== 0;
    return {
      time_utc: utc(startNs),
      boot_ns: String(request.startNs),
      latency_ns: latencyOrAge(request, frozenAt.monotonicNs - startNs),
      state: stateOf(request),
      command: whatIs(request),
      nt_status: replied ? `0x${request.ntStatus.toString(16).padStart(8, "0")}` : "",
      errno: request.errno === 0 ? "" : errnoName(request.errno),
      session_id: `0x${request.sessionId.toString(16)}`,
      tree_id: `0x${request.treeId.toString(16)}`,
      message_id: String(request.messageId),
      pid: request.processId,
      tid: request.taskId,
      comm: escapeBytes(request.comm),
      share: escapeName(known.find(request.sessionId, request.treeId) ?? ""),
    };
  };
}

function latencyOrAge(request: Request, ageNs: number): number | null {
  if (request.kind === KIND.SIGNAL) return null;
  if (request.latencyNs === 0) return Math.max(0, ageNs);
  return (request.flags & FLAG.AMBIGUOUS) === 0 ? request.latencyNs : null;
}

/** A task's name is bytes that its user chose, cut at 11. Printable ASCII is shown as it is, other bytes as `\x1b`. */
function escapeBytes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return text.replace(/[\u0000-\u001f\\\u007f-\u{10ffff}]/gu, escapeOne);
}

/**
 * A name of a share or a file may be in any script. Characters that move the cursor or break a line are shown as
 * `\x1b`.
 */
export function escapeName(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return text.replace(/[\u0000-\u001f\\\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeOne);
}

function escapeOne(character: string): string {
  if (character === "\\") return "\\\\";
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
