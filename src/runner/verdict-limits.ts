// The limits of a verdict's signs, and what is over them: facts in, yes or no out. Pure. docs/verdict.md gives the reason of each.

import type { SocketFacts } from "./socket-facts.ts";
import type { Facts } from "./verdict-facts.ts";

export const LIMITS = {
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
  return unackedForMs >= Math.max(LIMITS.unackedMs, LIMITS.lateRoundTrips * rttMs);
}

/** @param fastestMs of the replies since the evidence began: none can be faster than the round trip. */
export function isFar(sockets: SocketFacts, fastestMs: number | undefined): boolean {
  const { rttMs, minRttMs } = sockets;
  return (
    isFresh(rttMs, fastestMs) &&
    rttMs - minRttMs >= LIMITS.rttExcessMs &&
    rttMs >= LIMITS.rttTimesMin * minRttMs
  );
}

export function isAckedAtOnce(sockets: SocketFacts): boolean {
  return (
    sockets.connections > 0 && !isStalled(sockets) && sockets.retransNow === 0 && sockets.retransGrown === 0
  );
}

/** What a closed window makes the client probe again was not lost. */
export function isLossy({ retransShare, refusedBytes }: SocketFacts): boolean {
  return retransShare >= LIMITS.retransShare && refusedBytes === 0;
}

/** What was lost on its way to this host is seen only where something else has come after it. */
export function isDisordered({
  outOfOrderShare,
  outOfOrderShareBefore,
  isShareRecent,
}: SocketFacts): boolean {
  const least = Math.max(LIMITS.outOfOrderShare, LIMITS.outOfOrderTimesMin * outOfOrderShareBefore);
  return isShareRecent && outOfOrderShare >= least;
}

export function isThoughtAbout(
  { rttMs, rttVarMs }: SocketFacts,
  lateMs: number,
  fastestMs: number | undefined,
): boolean {
  const roundTripMs = isFresh(rttMs, fastestMs) ? rttMs + rttVarMs : 0;
  return lateMs >= Math.max(LIMITS.lateMs, LIMITS.lateRoundTrips * roundTripMs);
}

/** The connection is lost, nothing is on its way to the server, and none is being made: no packet got lost, the server ended it. */
export function isClosedByServer({ sockets, isDisconnected, connectErrors }: Facts): boolean {
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

export function isReplyThere(facts: Facts): boolean {
  const isEvery = isUntaken(facts) && facts.inFlight?.awaited === 0;
  return isEvery || (facts.sockets?.undrainedBytes ?? 0) > 0;
}

/** Replies took longer than the round trip explains, and a moment later the kernel waited for none. */
export function isOwedNothing({ inFlight, lateMs, sockets, fastestMs }: Facts): boolean {
  if (inFlight?.awaited !== 0 || inFlight.answered !== 0 || lateMs === undefined) return false;
  return sockets === undefined || isThoughtAbout(sockets, lateMs, fastestMs);
}

export function isUntaken({ inFlight }: Facts): boolean {
  return (inFlight?.answered ?? 0) > 0;
}

/** The pressure of the last 10 s does not tell yet of what began a moment ago; a task that was seen waiting does. */
export function isStarved(facts: Facts): boolean {
  return isUntaken(facts) || isCpuShort(facts) || isMemoryShort(facts);
}

export function isCpuShort({ pressure }: Facts): boolean {
  return (pressure?.cpu?.someAvg10 ?? 0) >= LIMITS.cpuSomePercent;
}

export function isScarce({ pressure }: Facts): boolean {
  return (pressure?.cpu?.someAvg10 ?? 0) >= LIMITS.cpuScarcePercent;
}

export function isMemoryShort({ pressure }: Facts): boolean {
  const { someAvg10 = 0, fullAvg10 = 0 } = pressure?.memory ?? {};
  return someAvg10 >= LIMITS.memorySomePercent || fullAvg10 >= LIMITS.memoryFullPercent;
}

export function isOthersHealthy({ others, lateMs }: Facts): boolean {
  return others !== undefined && lateMs !== undefined && others.medianMs < LIMITS.othersHealthyShare * lateMs;
}

export function isOthersLate({ others, lateMs }: Facts): boolean {
  return others !== undefined && lateMs !== undefined && others.medianMs >= LIMITS.othersLateShare * lateMs;
}

/** How long nothing has come from a server that owes replies, ms; it starts with the oldest request that waits. 0: something comes. */
export function silentMs({ sockets, inFlight, waitedMs }: Facts): number {
  if ((inFlight?.awaited ?? 0) === 0 || sockets === undefined || sockets.connections === 0) return 0;
  const quietMs = Math.min(sockets.lastReceiveMs, waitedMs ?? Infinity);
  return quietMs >= LIMITS.silentMs ? quietMs : 0;
}

// --- internal ---

function isFresh(rttMs: number, fastestMs: number | undefined): boolean {
  return fastestMs === undefined || fastestMs >= LIMITS.freshRttShare * rttMs;
}
