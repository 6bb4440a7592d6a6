// What the flight recorder says of the incident's server and of the others, for the verdict. In: the order, the recorder,
// who is awaited; out: figures. Pure. It reads 65,536 lines at most, and whole records of few of them.

import type { CaptureOrder } from "../model/capture.ts";
import { waitsByDesign } from "../model/command.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { type ShareIndex, serverOfShare } from "../model/share.ts";
import type { Recorder } from "./recorder.ts";

export interface RequestFacts {
  /** Median latency of the requests in evidence, or their age in flight; undefined where there are none. */
  readonly lateMs: number | undefined;
  /** Requests to the server that had been in flight for AGED_MS: the kernel still waits for a reply, or not any more. */
  readonly inFlight: { readonly awaited: number; readonly answered: number } | undefined;
  /** Replies of other servers in the last seconds; undefined where there are fewer than OTHERS_MIN. */
  readonly others: { readonly replies: number; readonly medianMs: number } | undefined;
}

/** Younger ones may well be answered between two looks. */
const AGED_MS = 100;
const OTHERS_SPAN_MS = 10_000;
export const OTHERS_MIN = 5;
/** Newest first; enough for a median. */
const OTHERS_MAX = 1024;

/**
 * @param server in lower case; undefined for an incident of none: then every request is its.
 * @param isAwaited undefined where that is not known.
 */
export function requestFacts(
  order: Pick<CaptureOrder, "evidence" | "frozenAt">,
  { memory, offsets }: Recorder,
  shares: ShareIndex,
  server: string | undefined,
  isAwaited: ((request: Request) => boolean) | undefined,
): RequestFacts {
  const frozenNs = order.frozenAt.monotonicNs;
  const serverOf = ({ sessionId, treeId }: Pick<Request, "sessionId" | "treeId">) => {
    const share = shares.find(sessionId, treeId);
    return share === undefined ? undefined : serverOfShare(share).slice(2).toLowerCase();
  };
  const open: Request[] = [];
  const otherMs: number[] = [];
  for (const at of offsets.toReversed()) {
    const isOpen = memory.latencyNs(at) === 0;
    if (!isOpen && (otherMs.length >= OTHERS_MAX || server === undefined)) continue;
    const startNs = memory.startHigh(at) * 0x1_0000_0000 + memory.startLow(at);
    const ageMs = (frozenNs - startNs) / 1e6;
    if (isOpen ? ageMs < AGED_MS : ageMs > OTHERS_SPAN_MS) continue;
    const request = memory.read(at);
    if (waitsByDesign(request.command)) continue;
    const its = serverOf(request);
    if (isOpen && (server === undefined || its === server)) open.push(request);
    const isReply = (request.flags & FLAG.REPLIED) !== 0 && (request.flags & FLAG.AMBIGUOUS) === 0;
    if (!isOpen && isReply && its !== undefined && its !== server) otherMs.push(request.latencyNs / 1e6);
  }
  const awaited = isAwaited === undefined ? 0 : open.filter(isAwaited).length;
  return {
    lateMs: lateMsOf(order.evidence, frozenNs),
    inFlight: isAwaited && { awaited, answered: open.length - awaited },
    others:
      otherMs.length < OTHERS_MIN ? undefined : { replies: otherMs.length, medianMs: median(otherMs) ?? 0 },
  };
}

// --- internal ---

function lateMsOf(evidence: readonly Request[], frozenNs: number): number | undefined {
  const requests = evidence.filter(({ kind }) => kind === KIND.REQUEST || kind === KIND.EVICTED);
  return median(requests.map(({ startNs, latencyNs }) => (latencyNs || frozenNs - Number(startNs)) / 1e6));
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
