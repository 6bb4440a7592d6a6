// What the flight recorder says of the incident's server and of the others, for the verdict. In: the order, the recorder,
// the second look; out: figures. Pure. It reads 65,536 lines at most, and whole records of few of them.

import type { CaptureOrder } from "../model/capture.ts";
import { mayBlock, mayBlockOnIpc } from "../model/command.ts";
import { FLAG, KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { isPipeShare, ShareIndex, serverOfShare } from "../model/share.ts";
import { symptomOf } from "../model/symptom.ts";
import { lineStartNs } from "../table/line.ts";
import type { Recorder } from "../table/recorder.ts";
import type { OpenRequest, RecheckedRequests } from "./recheck.ts";

export interface RequestFacts {
  /**
   * Median time of the late and the missing requests in evidence: until the reply, or until a request without one was seen last.
   * Undefined where there are none.
   */
  readonly lateMs: number | undefined;
  /** The age of the oldest request or operation in evidence that is missing, when it was seen last; undefined where none is. */
  readonly waitedMs: number | undefined;
  /** Requests to the server that have waited for a while: without a reply, or with one that nobody has taken. */
  readonly inFlight: { readonly awaited: number; readonly answered: number } | undefined;
  /** The fastest reply of the server to a request that was sent since the evidence began; undefined where there is none. */
  readonly fastestMs: number | undefined;
  /** Replies of other servers in the last seconds; undefined where there are fewer than OTHERS_MIN. */
  readonly others: { readonly replies: number; readonly medianMs: number } | undefined;
}

const OTHERS_SPAN_MS = 10_000;
export const OTHERS_MIN = 5;
/** Newest first; enough for a median. */
const OTHERS_MAX = 1024;

type Order = Pick<CaptureOrder, "evidence" | "frozenAt" | "shares" | "ruleType">;

/**
 * @param server in lower case; undefined for an incident of none: then every request is its.
 * @param look undefined where it is not known who is awaited.
 */
export function deriveRequestFacts(
  order: Order,
  recorder: Recorder,
  server: string | undefined,
  look: RecheckedRequests | undefined,
): RequestFacts {
  const frozenNs = order.frozenAt.monotonicNs;
  // All trees of a session are of one server, and a session is read faster than a tree.
  const serverOf = new Map(order.shares.map(({ sessionId, share }) => [sessionId, serverName(share)]));
  const isIts = (sessionId: bigint) => server === undefined || serverOf.get(sessionId) === server;
  const isPatient = patience(order);
  const ofServer = (requests: readonly OpenRequest[]) =>
    requests.filter(
      ({ sessionId, treeId, command }) => !isPatient(command, sessionId, treeId) && isIts(sessionId),
    );
  const awaited = ofServer(look?.awaited ?? []);
  const replies = scanReplies(recorder, frozenNs, isPatient, beganNs(order));
  const others = replies.filter(({ sessionId, isRecent }) => {
    const its = serverOf.get(sessionId);
    return isRecent && server !== undefined && its !== undefined && its !== server;
  });
  const otherMs = others.slice(0, OTHERS_MAX).map(({ latencyMs }) => latencyMs);
  const ownMs = replies.filter((one) => one.isSince && isIts(one.sessionId)).map((one) => one.latencyMs);
  return {
    ...agesOf(order, awaited),
    inFlight: look && { awaited: awaited.length, answered: ofServer(look.untaken).length },
    fastestMs: ownMs.length === 0 ? undefined : ownMs.reduce((least, ms) => Math.min(least, ms)),
    others:
      otherMs.length < OTHERS_MIN ? undefined : { replies: otherMs.length, medianMs: median(otherMs) ?? 0 },
  };
}

/** `files` of `//Files/share`: servers have no case. */
export function serverName(share: string): string {
  return serverOfShare(share).slice(2).toLowerCase();
}

/** When the oldest request of the evidence was sent, ns of CLOCK_MONOTONIC; Infinity without evidence. */
export function beganNs({ evidence }: Pick<CaptureOrder, "evidence">): number {
  return evidence.reduce((began, { startNs }) => Math.min(began, Number(startNs)), Infinity);
}

// --- internal ---

interface Reply {
  readonly sessionId: bigint;
  readonly latencyMs: number;
  /** Of the last seconds. */
  readonly isRecent: boolean;
  /** Sent since the evidence began. */
  readonly isSince: boolean;
}

/** Whether a request may wait by design. */
function patience({ shares }: Order): (command: number, sessionId: bigint, treeId: number) => boolean {
  const known = new ShareIndex(shares);
  return (command, sessionId, treeId) =>
    mayBlock(command, mayBlockOnIpc(command) && isPipeShare(known.nameOf(sessionId, treeId)));
}

/** Replies of the last seconds and of the time since the evidence began, newest first. */
function scanReplies(
  { memory, offsets }: Recorder,
  frozenNs: number,
  isPatient: ReturnType<typeof patience>,
  sinceNs: number,
): readonly Reply[] {
  const replies: Reply[] = [];
  for (const at of offsets.toReversed()) {
    const startNs = lineStartNs(memory, at);
    const isRecent = frozenNs - startNs <= OTHERS_SPAN_MS * 1e6;
    const isSince = startNs >= sinceNs;
    if (!isRecent && !isSince) break;
    const latencyNs = memory.latencyNs(at);
    if (latencyNs === 0 || !isReply(memory.flags(at))) continue;
    const sessionId = memory.sessionId(at);
    if (isPatient(memory.command(at), sessionId, memory.treeId(at))) continue;
    replies.push({ sessionId, latencyMs: latencyNs / 1e6, isRecent, isSince });
  }
  return replies;
}

function isReply(flags: number): boolean {
  return (flags & FLAG.REPLIED) !== 0 && (flags & FLAG.AMBIGUOUS) === 0;
}

/** What is in flight is older when the kernel's own list shows it than when the table was frozen. */
function agesOf(
  { evidence, frozenAt, ruleType }: Order,
  awaited: readonly OpenRequest[],
): Pick<RequestFacts, "lateMs" | "waitedMs"> {
  const sinceFreezeMs = (request: Request) => (frozenAt.monotonicNs - Number(request.startNs)) / 1e6;
  const lateMs: number[] = [];
  const missingMs: number[] = [];
  for (const request of evidence) {
    const symptom = symptomOf(request, ruleType);
    if (request.kind === KIND.SIGNAL || symptom === "refused") continue;
    const isOperation = request.kind === KIND.OPERATION;
    if (symptom === "missing") missingMs.push(sinceFreezeMs(request));
    if (!isOperation) lateMs.push(request.latencyNs > 0 ? request.latencyNs / 1e6 : sinceFreezeMs(request));
  }
  // Of as many as are in evidence, the oldest that the kernel still waits for.
  const stillMs = missingMs.length === 0 ? [] : awaited.map(({ ageMs }) => ageMs);
  const seenLastMs = stillMs.toSorted((a, b) => b - a).slice(0, missingMs.length);
  const isLater = seenLastMs.length > 0 && (median(seenLastMs) ?? 0) > (median(lateMs) ?? 0);
  return {
    lateMs: isLater ? median(seenLastMs) : median(lateMs),
    waitedMs:
      missingMs.length === 0 ? undefined : [...missingMs, ...seenLastMs].reduce((a, b) => Math.max(a, b)),
  };
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
