// Derives the verdict's figures about the incident's server and the other servers from the flight recorder and the
// recheck. Pure. Reads 65,536 lines at most, and whole records of few of them.

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
   * Median time of the late and the missing requests in evidence: until the reply, or until a request without a reply
   * was last seen. Undefined if there are none.
   */
  readonly lateMs: number | undefined;
  /** Age of the oldest missing request or operation in evidence when it was last seen; undefined if none is missing. */
  readonly waitedMs: number | undefined;
  /**
   * Requests to the server that have waited for a while: without a reply, or with a reply that their task has not
   * taken.
   */
  readonly inFlight: { readonly awaited: number; readonly answered: number } | undefined;
  /** The server's fastest reply to a request that was sent since the evidence began; undefined if there is none. */
  readonly fastestMs: number | undefined;
  /** Replies of other servers in the last seconds; undefined if there are fewer than OTHERS_MIN. */
  readonly others: { readonly replies: number; readonly medianMs: number } | undefined;
}

const OTHERS_SPAN_MS = 10_000;
export const OTHERS_MIN = 5;
/** The newest replies that are used: enough for a median. */
const OTHERS_MAX = 1024;

type Order = Pick<CaptureOrder, "evidence" | "frozenAt" | "shares" | "ruleType">;

/**
 * @param server in lower case; undefined for an incident without a server, to which every request belongs.
 * @param recheck undefined if it is not known which replies are awaited.
 */
export function deriveRequestFacts(
  order: Order,
  recorder: Recorder,
  server: string | undefined,
  recheck: RecheckedRequests | undefined,
): RequestFacts {
  const frozenNs = order.frozenAt.monotonicNs;
  // All trees of a session belong to one server, and a session is looked up faster than a tree.
  const serverOf = new Map(order.shares.map(({ sessionId, share }) => [sessionId, serverName(share)]));
  const isIts = (sessionId: bigint) => server === undefined || serverOf.get(sessionId) === server;
  const mayBlock = makeMayBlock(order);
  const ofServer = (requests: readonly OpenRequest[]) =>
    requests.filter(
      ({ sessionId, treeId, command }) => !mayBlock(command, sessionId, treeId) && isIts(sessionId),
    );
  const awaited = ofServer(recheck?.awaited ?? []);
  const replies = scanReplies(recorder, frozenNs, mayBlock, beganNs(order));
  const others = replies.filter(({ sessionId, isRecent }) => {
    const its = serverOf.get(sessionId);
    return isRecent && server !== undefined && its !== undefined && its !== server;
  });
  const otherMs = others.slice(0, OTHERS_MAX).map(({ latencyMs }) => latencyMs);
  const ownMs = replies.filter((one) => one.isSince && isIts(one.sessionId)).map((one) => one.latencyMs);
  return {
    ...agesOf(order, awaited),
    inFlight: recheck && { awaited: awaited.length, answered: ofServer(recheck.untaken).length },
    fastestMs: ownMs.length === 0 ? undefined : ownMs.reduce((least, ms) => Math.min(least, ms)),
    others:
      otherMs.length < OTHERS_MIN ? undefined : { replies: otherMs.length, medianMs: median(otherMs) ?? 0 },
  };
}

/** The server of a share in lower case: `files` of `//Files/share`. Server names are case-insensitive. */
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
  /** Its request was sent in the last OTHERS_SPAN_MS. */
  readonly isRecent: boolean;
  /** Its request was sent since the evidence began. */
  readonly isSince: boolean;
}

/** Makes a function that returns whether a request may block indefinitely. */
function makeMayBlock({ shares }: Order): (command: number, sessionId: bigint, treeId: number) => boolean {
  const known = new ShareIndex(shares);
  return (command, sessionId, treeId) =>
    mayBlock(command, mayBlockOnIpc(command) && isPipeShare(known.nameOf(sessionId, treeId)));
}

/** Replies to requests of the last seconds, and of the time since the evidence began; newest first. */
function scanReplies(
  { memory, offsets }: Recorder,
  frozenNs: number,
  mayBlock: ReturnType<typeof makeMayBlock>,
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
    if (mayBlock(memory.command(at), sessionId, memory.treeId(at))) continue;
    replies.push({ sessionId, latencyMs: latencyNs / 1e6, isRecent, isSince });
  }
  return replies;
}

function isReply(flags: number): boolean {
  return (flags & FLAG.REPLIED) !== 0 && (flags & FLAG.AMBIGUOUS) === 0;
}

/** A request in flight is older when the kernel's own list is read than it was when the table was frozen. */
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
  // The oldest requests that the kernel still waits for, as many as are missing in the evidence.
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
