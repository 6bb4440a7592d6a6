// What the flight recorder says of the incident's server and of the others, for the verdict. In: the order, the recorder,
// the second look; out: figures. Pure. It reads 65,536 lines at most, and whole records of few of them.

import type { CaptureOrder } from "../model/capture.ts";
import { mayWaitOnIpc, waitsByDesign } from "../model/command.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { isPipeShare, ShareIndex, serverOfShare } from "../model/share.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { OpenRequest, SecondLook } from "./second-look.ts";

export interface RequestFacts {
  /** Median latency of the requests in evidence, or their age in flight; undefined where there are none. */
  readonly lateMs: number | undefined;
  /** Requests to the server that have waited for a while: without a reply, or with one that nobody has taken. */
  readonly inFlight: { readonly awaited: number; readonly answered: number } | undefined;
  /** Replies of other servers in the last seconds; undefined where there are fewer than OTHERS_MIN. */
  readonly others: { readonly replies: number; readonly medianMs: number } | undefined;
}

const OTHERS_SPAN_MS = 10_000;
export const OTHERS_MIN = 5;
/** Newest first; enough for a median. */
const OTHERS_MAX = 1024;

/**
 * @param server in lower case; undefined for an incident of none: then every request is its.
 * @param look undefined where it is not known who is awaited.
 */
export function requestFacts(
  order: Pick<CaptureOrder, "evidence" | "frozenAt" | "shares">,
  { memory, offsets }: Recorder,
  server: string | undefined,
  look: SecondLook | undefined,
): RequestFacts {
  const frozenNs = order.frozenAt.monotonicNs;
  // All trees of a session are of one server, and a session is read faster than a tree.
  const serverOf = new Map(order.shares.map(({ sessionId, share }) => [sessionId, serverName(share)]));
  const shares = new ShareIndex(order.shares);
  const isPatient = (command: number, sessionId: bigint, treeId: number) =>
    waitsByDesign(command, mayWaitOnIpc(command) && isPipeShare(shares.nameOf(sessionId, treeId)));
  const otherMs: number[] = [];
  for (const at of server === undefined ? [] : offsets.toReversed()) {
    const latencyNs = memory.latencyNs(at);
    if (latencyNs === 0 || isPatient(memory.command(at), memory.sessionId(at), memory.treeId(at))) continue;
    const ageMs = (frozenNs - memory.startHigh(at) * 0x1_0000_0000 - memory.startLow(at)) / 1e6;
    // Newest first.
    if (ageMs > OTHERS_SPAN_MS || otherMs.length >= OTHERS_MAX) break;
    const its = serverOf.get(memory.sessionId(at));
    if (its !== undefined && its !== server && isReply(memory.flags(at))) otherMs.push(latencyNs / 1e6);
  }
  const countIts = (requests: readonly OpenRequest[]) =>
    requests.filter(
      ({ sessionId, treeId, command }) =>
        !isPatient(command, sessionId, treeId) &&
        (server === undefined || serverOf.get(sessionId) === server),
    ).length;
  return {
    lateMs: lateMsOf(order.evidence, frozenNs),
    inFlight: look && { awaited: countIts(look.awaited), answered: countIts(look.untaken) },
    others:
      otherMs.length < OTHERS_MIN ? undefined : { replies: otherMs.length, medianMs: median(otherMs) ?? 0 },
  };
}

/** `files` of `//Files/share`: servers have no case. */
export function serverName(share: string): string {
  return serverOfShare(share).slice(2).toLowerCase();
}

// --- internal ---

function isReply(flags: number): boolean {
  return (flags & FLAG.REPLIED) !== 0 && (flags & FLAG.AMBIGUOUS) === 0;
}

function lateMsOf(evidence: readonly Request[], frozenNs: number): number | undefined {
  const requests = evidence.filter(({ kind }) => kind === KIND.REQUEST || kind === KIND.EVICTED);
  return median(requests.map(({ startNs, latencyNs }) => (latencyNs || frozenNs - Number(startNs)) / 1e6));
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
