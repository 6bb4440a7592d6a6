// Derives one set of figures from two samples of the connections to one server. Pure. With several connections, each
// figure is that of the worst connection, because a request hangs if its own connection hangs.
//
// If any connection has been in use since the evidence began, only such connections count: the kernel updates no figure
// of an idle connection, and its round trip may be from a problem that ended long ago.

import type { SocketSample, TcpConnection, TcpInfo } from "./socket-text.ts";
import { connectionKey } from "./socket-text.ts";

export interface SocketFacts {
  /** Established connections with figures that were in use since the evidence began; 0: none is established. */
  readonly connections: number;
  /** Connections being established: the server has not answered yet. */
  readonly unmade: number;
  /** Smoothed round trip of the connection whose round trip exceeds its shortest one by most. */
  readonly rttMs: number;
  readonly minRttMs: number;
  /** Its mean deviation: while the smoothed round trip follows a change, the real one is this far away. */
  readonly rttVarMs: number;
  /** Retransmitted segments that are not acknowledged yet, and segments retransmitted between the samples. */
  readonly retransNow: number;
  readonly retransGrown: number;
  /**
   * Retransmitted share of all bytes sent, 0 to 1. The period begins with the baseline sample, or with the connection
   * if that is younger; without a baseline it is the connection's whole life.
   */
  readonly retransShare: number;
  /** Share of the segments with data that arrived before an earlier segment, 0 to 1, in the same period. */
  readonly outOfOrderShare: number;
  /** The same share before the baseline sample: some network paths never keep the order. */
  readonly outOfOrderShareBefore: number;
  /** There is a baseline sample, so the shares are about the time of this incident. */
  readonly isShareRecent: boolean;
  /** How long data has been unacknowledged, if nothing was acknowledged between the samples; otherwise 0. */
  readonly unackedForMs: number;
  readonly unackedSegments: number;
  readonly backoff: number;
  /** Bytes that wait to be sent because the server's window is closed, in both samples. */
  readonly refusedBytes: number;
  /** Bytes received that the client has not read; it read nothing at all between the samples. */
  readonly undrainedBytes: number;
  /** Time since the last byte arrived, on the connection on which it is the shortest. */
  readonly lastReceiveMs: number;
}

interface Reading {
  readonly connection: TcpConnection;
  readonly info: TcpInfo;
}

/**
 * Undefined if no connection is found, unless `isSure`.
 * @param samples numbers 1 and 2 are of the incident; number 0 is the baseline, if there is one.
 * @param sinceMs how long before the second sample the evidence began; Infinity if that is not known.
 * @param isSure the server's addresses are known, so that a connection that is not found does not exist.
 */
export function deriveSocketFacts(
  samples: readonly SocketSample[],
  isMeant: (connection: TcpConnection) => boolean,
  sinceMs = Infinity,
  isSure = false,
): SocketFacts | undefined {
  const baseline = readingsOf(samples, 0, isMeant);
  const first = readingsOf(samples, 1, isMeant);
  const second = readingsOf(samples, 2, isMeant);
  const all = [...second].map(([key, now]) => ({
    now,
    before: first.get(key) ?? now,
    baseline: baseline.get(key)?.info,
  }));
  const used = all.filter((pair) => isUsed(pair, sinceMs));
  const pairs = used.length > 0 ? used : all;
  const unmade = samples
    .filter(({ number }) => number === 2)
    .flatMap(({ connections }) => connections)
    .filter((connection) => connection.state === "SYN-SENT" && isMeant(connection)).length;
  const isCollected = samples.some(({ number }) => number === 2);
  if (pairs.length === 0 && unmade === 0 && !(isSure && isCollected)) return undefined;
  const worst = (figure: (pair: (typeof pairs)[number]) => number) => Math.max(0, ...pairs.map(figure));
  const slowest = pairs.toSorted((a, b) => excessMs(b.now.info) - excessMs(a.now.info))[0]?.now.info;
  return {
    connections: pairs.length,
    unmade,
    rttMs: slowest?.rttMs ?? 0,
    minRttMs: slowest?.minRttMs ?? 0,
    rttVarMs: slowest?.rttVarMs ?? 0,
    retransNow: worst(({ now }) => now.info.retransNow),
    retransGrown: worst(({ before, now }) => now.info.retransTotal - before.info.retransTotal),
    retransShare: worst(({ now, baseline }) => retransShare(now.info, baseline)),
    outOfOrderShare: worst(({ now, baseline }) => outOfOrderShare(now.info, baseline)),
    outOfOrderShareBefore: worst(({ baseline }) => (baseline === undefined ? 0 : outOfOrderShare(baseline))),
    isShareRecent: samples.some(({ number }) => number === 0),
    unackedForMs: worst(unackedForMs),
    unackedSegments: worst(({ now }) => now.info.unackedSegments),
    backoff: worst(({ now }) => (now.info.unackedSegments > 0 ? now.info.backoff : 0)),
    refusedBytes: worst(refusedBytes),
    undrainedBytes: worst(undrainedBytes),
    lastReceiveMs: pairs.length === 0 ? 0 : Math.min(...pairs.map(({ now }) => now.info.lastReceiveMs)),
  };
}

// --- internal ---

function readingsOf(
  samples: readonly SocketSample[],
  number: number,
  isMeant: (connection: TcpConnection) => boolean,
): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const sample of samples) {
    if (sample.number !== number) continue;
    for (const connection of sample.connections) {
      const { info, state } = connection;
      if (info === undefined || state !== "ESTAB" || !isMeant(connection)) continue;
      readings.set(`${sample.namespace} ${connectionKey(connection)}`, { connection, info });
    }
  }
  return readings;
}

/** Whether data was sent since then, waits to be sent or read, or arrived between the samples. */
function isUsed(
  { before, now }: { readonly before: Reading; readonly now: Reading },
  sinceMs: number,
): boolean {
  const { lastSendMs, unackedSegments, notSentBytes, bytesReceived } = now.info;
  const isOpen = unackedSegments > 0 || notSentBytes > 0 || now.connection.recvQueueBytes > 0;
  return isOpen || lastSendMs <= sinceMs || bytesReceived > before.info.bytesReceived;
}

/** Bytes in the queue in both samples; 0 if any were read between them, because a busy reader leaves some as well. */
function undrainedBytes({ before, now }: { readonly before: Reading; readonly now: Reading }): number {
  if (before === now) return 0;
  const arrived = now.info.bytesReceived - before.info.bytesReceived;
  const taken = arrived - (now.connection.recvQueueBytes - before.connection.recvQueueBytes);
  return taken > 0 ? 0 : Math.min(before.connection.recvQueueBytes, now.connection.recvQueueBytes);
}

function excessMs({ rttMs = 0, minRttMs = rttMs }: TcpInfo): number {
  return rttMs - minRttMs;
}

/** The share since the baseline, or of the connection's whole life. */
function retransShare(now: TcpInfo, { bytesRetrans = 0, bytesSent = 0 }: Partial<TcpInfo> = {}): number {
  return (now.bytesRetrans - bytesRetrans) / Math.max(1, now.bytesSent - bytesSent);
}

function outOfOrderShare(now: TcpInfo, baseline: Partial<TcpInfo> = {}): number {
  const { outOfOrder = 0, dataSegmentsReceived = 0 } = baseline;
  return (now.outOfOrder - outOfOrder) / Math.max(1, now.dataSegmentsReceived - dataSegmentsReceived);
}

function unackedForMs({ before, now }: { readonly before: Reading; readonly now: Reading }): number {
  const isUnacked = before.info.unackedSegments > 0 && now.info.unackedSegments > 0;
  return isUnacked && now.info.bytesAcked === before.info.bytesAcked ? now.info.lastAckMs : 0;
}

function refusedBytes({ before, now }: { readonly before: Reading; readonly now: Reading }): number {
  const isRefused = before === now || now.info.windowLimitedMs > before.info.windowLimitedMs;
  return isRefused ? Math.min(before.info.notSentBytes, now.info.notSentBytes) : 0;
}
