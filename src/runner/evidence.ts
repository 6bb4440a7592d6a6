// The requests in evidence as they were when the memory was frozen: requests that had their reply by then are shown
// with it. Pure.
//
// An overdue request is counted before its reply, and the evidence holds it as it was then. Seconds may pass until the
// rule has counted enough requests. Without this update the request would seem to have been in flight all that time.

import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { lineStartNs } from "../table/line.ts";
import type { Recorder } from "../table/recorder.ts";

/** Requests whose slot in the table has been reused stay as they were. */
export function evidenceAtFreeze(
  evidence: readonly Request[],
  { memory, offsets }: Pick<Recorder, "memory" | "offsets">,
): readonly Request[] {
  const wanted = new Set(evidence.filter(isOpen).map(({ startNs }) => startNs));
  if (wanted.size === 0) return evidence;
  const starts = new Set([...wanted].map(Number));
  const found = new Map<string, Request>();
  for (const at of offsets) {
    if (!starts.has(lineStartNs(memory, at))) continue;
    const request = memory.read(at);
    if (wanted.has(request.startNs)) found.set(keyOf(request), request);
  }
  return evidence.map((request) => (isOpen(request) ? (found.get(keyOf(request)) ?? request) : request));
}

function isOpen({ kind, latencyNs }: Request): boolean {
  return kind === KIND.REQUEST && latencyNs === 0;
}

function keyOf({ startNs, sessionId, messageId, command, taskId }: Request): string {
  return `${startNs} ${sessionId} ${messageId} ${command} ${taskId}`;
}
