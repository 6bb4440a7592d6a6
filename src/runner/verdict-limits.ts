// The limits of a verdict's signs, and what is over them: facts in, yes or no out. Pure. docs/verdict.md gives the reason of each.

import type { SocketFacts } from "./socket-facts.ts";
import type { VerdictFacts } from "./verdict-facts.ts";

export const SIGN_LIMITS = {
  /** A delayed acknowledgement takes 40 ms on Linux, up to 50 on Windows, and is no fault of the network. */
  rttExcessMs: 60,
  rttTimesMin: 4,
  /** A reply that came in less than this share of the round trip proves that the figure is an old one. */
  freshRttShare: 0.5,
  unackedMs: 200,
  retransShare: 0.02,
  outOfOrderShare: 0.02,
  outOfOrderTimesMin: 4,
  /** A reply that takes so many round trips waited for the server. */
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

/** @param fastestMs of the replies since the evidence began: none can be faster than the round trip. */
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

/** What a closed window makes the client probe again was not lost. */
export function isLossy({ retransShare, refusedBytes }: SocketFacts): boolean {
  return retransShare >= SIGN_LIMITS.retransShare && refusedBytes === 0;
}

/** What was lost on its way to this host is seen only where something else has come after it. */
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

/** The connection is lost, nothing is on its way to the server, and none is being made: no packet got lost, the server ended it. */
export function isClosedByServer({ sockets, isDisconnected, connectErrors }: VerdictFacts): boolean {
  if (connectErrors.some((name) => REFUSED_ERRNOS.has(name))) return true;
  return isDisconnected === true && sockets?.connections === 0 && sockets.unmade === 0;
}

/** Errnos of connect(2) that an answer of the server's machine brings. */
export const REFUSED_ERRNOS: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET"]);
/** Errnos of connect(2) that bring no answer, or one of a router's. */
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

/** Replies took longer than the round trip explains, and a moment later the kernel waited for none. */
export function isAwaitingNothing({ inFlight, lateMs, sockets, fastestMs }: VerdictFacts): boolean {
  if (inFlight?.awaited !== 0 || inFlight.answered !== 0 || lateMs === undefined) return false;
  return sockets === undefined || isServerSlow(sockets, lateMs, fastestMs);
}

export function hasUntakenReplies({ inFlight }: VerdictFacts): boolean {
  return (inFlight?.answered ?? 0) > 0;
}

/** The pressure of the last 10 s does not tell yet of what began a moment ago; a task that was seen waiting does. */
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

/** How long nothing has come from a server that owes replies, ms; it starts with the oldest request that waits. 0: something comes. */
export function silentMs({ sockets, inFlight, waitedMs }: VerdictFacts): number {
  if ((inFlight?.awaited ?? 0) === 0 || sockets === undefined || sockets.connections === 0) return 0;
  const quietMs = Math.min(sockets.lastReceiveMs, waitedMs ?? Infinity);
  return quietMs >= SIGN_LIMITS.silentMs ? quietMs : 0;
}

// --- internal ---

function isCurrent(rttMs: number, fastestMs: number | undefined): boolean {
  return fastestMs === undefined || fastestMs >= SIGN_LIMITS.freshRttShare * rttMs;
}
