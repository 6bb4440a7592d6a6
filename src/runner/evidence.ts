// The requests in evidence as they were when the memory was frozen. In: the evidence of an order, the flight recorder;
// out: the same requests, those that had their reply by then with it. Pure.
//
// A request counts when it is overdue, before its reply, and stands in evidence as it was then. Seconds may pass until
// enough others count with it: shown as it was, it would seem to have been in flight all that time.

import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import type { Recorder } from "../recorder/recorder.ts";

/** Those whose place in the table is another's by now stay as they were. */
export function evidenceAtFreeze(
  evidence: readonly Request[],
  { memory, offsets }: Pick<Recorder, "memory" | "offsets">,
): readonly Request[] {
  const wanted = new Set(evidence.filter(isOpen).map(({ startNs }) => startNs));
  if (wanted.size === 0) return evidence;
  const starts = new Set([...wanted].map(Number));
  const found = new Map<string, Request>();
  for (const at of offsets) {
    if (!starts.has(memory.startHigh(at) * 0x1_0000_0000 + memory.startLow(at))) continue;
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
