// The limits of the verdict's signs, and the predicates that compare facts with them. Pure. docs/verdict.md has the
// reason for each.

import type { SocketFacts } from "./socket-facts.ts";
import type { VerdictFacts } from "./verdict-facts.ts";

export const SIGN_LIMITS = {
  /** A delayed acknowledgement takes 40 ms on Linux and up to 50 ms on Windows, and is not a fault of the network. */
  rttExcessMs: 60,
  rttTimesMin: 4,
  /** A reply in less than this share of the round trip proves that the round trip is an old figure. */
  freshRttShare: 0.5,
  unackedMs: 200,
  retransShare: 0.02,
  outOfOrderShare: 0.02,
  outOfOrderTimesMin: 4,
  /** A reply that takes this many round trips waited for the server. */
  lateRoundTrips: 4,
  lateMs: 10,
  silentMs: 1000,
  cpuSomePercent: 20,
  cpuScarcePercent: 60,
  memorySomePercent: 10,
  memoryFullPercent: 5,
  othersLateShare: 0.5,
  othersHealthyShare: 0.25,
} as const;

export function isStalled({ unackedForMs, rttMs }: SocketFacts): boolean {
  return unackedForMs >= Math.max(SIGN_LIMITS.unackedMs, SIGN_LIMITS.lateRoundTrips * rttMs);
}

/** @param fastestMs the fastest reply since the evidence began: no reply can be faster than the round trip. */
export function isRoundTripLong(sockets: SocketFacts, fastestMs: number | undefined): boolean {
  const { rttMs, minRttMs } = sockets;
  return (
    isCurrent(rttMs, fastestMs) &&
    rttMs - minRttMs >= SIGN_LIMITS.rttExcessMs &&
    rttMs >= SIGN_LIMITS.rttTimesMin * minRttMs
  );
}

export function isAckedPromptly(sockets: SocketFacts): boolean {
  return (
    sockets.connections > 0 && !isStalled(sockets) && sockets.retransNow === 0 && sockets.retransGrown === 0
  );
}

/** Probes of a closed window count as retransmissions, but nothing was lost. */
export function isLossy({ retransShare, refusedBytes }: SocketFacts): boolean {
  return retransShare >= SIGN_LIMITS.retransShare && refusedBytes === 0;
}

/** A segment that was lost on its way to this host is noticed only if a later one has arrived. */
export function isDisordered({
  outOfOrderShare,
  outOfOrderShareBefore,
  isShareRecent,
}: SocketFacts): boolean {
  const least = Math.max(SIGN_LIMITS.outOfOrderShare, SIGN_LIMITS.outOfOrderTimesMin * outOfOrderShareBefore);
  return isShareRecent && outOfOrderShare >= least;
}

export function isServerSlow(
  { rttMs, rttVarMs }: SocketFacts,
  lateMs: number,
  fastestMs: number | undefined,
): boolean {
  const roundTripMs = isCurrent(rttMs, fastestMs) ? rttMs + rttVarMs : 0;
  return lateMs >= Math.max(SIGN_LIMITS.lateMs, SIGN_LIMITS.lateRoundTrips * roundTripMs);
}

/**
 * The server refuses connections, or it ended the connection: it is lost, none is established and none is being
 * attempted.
 */
export function isClosedByServer({ sockets, isDisconnected, connectErrors }: VerdictFacts): boolean {
  if (connectErrors.some((name) => REFUSED_ERRNOS.has(name))) return true;
  return isDisconnected === true && sockets?.connections === 0 && sockets.unmade === 0;
}

/** Errnos of connect(2) that mean an answer from the server's machine. */
export const REFUSED_ERRNOS: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET"]);
/** Errnos of connect(2) that mean no answer, or one from a router. */
export const UNREACHABLE_ERRNOS: ReadonlySet<string> = new Set([
  "ENETDOWN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ETIMEDOUT",
]);

export function hasReplyArrived(facts: VerdictFacts): boolean {
  const isEvery = hasUntakenReplies(facts) && facts.inFlight?.awaited === 0;
  return isEvery || (facts.sockets?.undrainedBytes ?? 0) > 0;
}

/** Replies took longer than the round trip explains, but a moment later the kernel waited for no reply. */
export function isAwaitingNothing({ inFlight, lateMs, sockets, fastestMs }: VerdictFacts): boolean {
  if (inFlight?.awaited !== 0 || inFlight.answered !== 0 || lateMs === undefined) return false;
  return sockets === undefined || isServerSlow(sockets, lateMs, fastestMs);
}

export function hasUntakenReplies({ inFlight }: VerdictFacts): boolean {
  return (inFlight?.answered ?? 0) > 0;
}

/**
 * The pressure of the last 10 s does not yet show a shortage that has just begun, but a task that waits for a CPU does.
 */
export function isStarved(facts: VerdictFacts): boolean {
  return hasUntakenReplies(facts) || isCpuShort(facts) || isMemoryShort(facts);
}

export function isCpuShort({ pressure }: VerdictFacts): boolean {
  return (pressure?.cpu?.someAvg10 ?? 0) >= SIGN_LIMITS.cpuSomePercent;
}

export function isCpuScarce({ pressure }: VerdictFacts): boolean {
  return (pressure?.cpu?.someAvg10 ?? 0) >= SIGN_LIMITS.cpuScarcePercent;
}

export function isMemoryShort({ pressure }: VerdictFacts): boolean {
  const { someAvg10 = 0, fullAvg10 = 0 } = pressure?.memory ?? {};
  return someAvg10 >= SIGN_LIMITS.memorySomePercent || fullAvg10 >= SIGN_LIMITS.memoryFullPercent;
}

export function areOthersHealthy({ others, lateMs }: VerdictFacts): boolean {
  return (
    others !== undefined && lateMs !== undefined && others.medianMs < SIGN_LIMITS.othersHealthyShare * lateMs
  );
}

export function areOthersLate({ others, lateMs }: VerdictFacts): boolean {
  return (
    others !== undefined && lateMs !== undefined && others.medianMs >= SIGN_LIMITS.othersLateShare * lateMs
  );
}

/** How long a server that owes replies has sent nothing, ms, counted from the oldest waiting request; 0 if it sends. */
export function silentMs({ sockets, inFlight, waitedMs }: VerdictFacts): number {
  if ((inFlight?.awaited ?? 0) === 0 || sockets === undefined || sockets.connections === 0) return 0;
  const quietMs = Math.min(sockets.lastReceiveMs, waitedMs ?? Infinity);
  return quietMs >= SIGN_LIMITS.silentMs ? quietMs : 0;
}

// --- internal ---

function isCurrent(rttMs: number, fastestMs: number | undefined): boolean {
  return fastestMs === undefined || fastestMs >= SIGN_LIMITS.freshRttShare * rttMs;
}
