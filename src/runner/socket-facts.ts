// What the connections to one server did between two samples: samples in, one set of figures out. Pure. Of several
// connections each figure is the worst one's: a request hangs where its own connection does.
//
// Only connections that were in use since the evidence began count, where there are any: the kernel updates no figure of an idle one,
// and its round trip may be that of a trouble which ended long ago.

import type { SocketSample, TcpConnection, TcpInfo } from "./socket-text.ts";
import { connectionKey } from "./socket-text.ts";

export interface SocketFacts {
  /** Established, with figures, in use since the evidence began; 0: no connection to the server is established. */
  readonly connections: number;
  /** Being made: the server has not answered yet. */
  readonly unmade: number;
  /** Of the connection whose round trip exceeds its shortest by most. */
  readonly rttMs: number;
  readonly minRttMs: number;
  /** Its mean deviation: while the smoothed round trip follows a change, the real one is as far away. */
  readonly rttVarMs: number;
  /** Segments that wait for an acknowledgement of what was sent again, and segments sent again between the looks. */
  readonly retransNow: number;
  readonly retransGrown: number;
  /**
   * Of all bytes sent, those that were sent again, 0 to 1: since the last sample that was taken while all was well, for a
   * connection that is younger since it was made; without a sample ever.
   */
  readonly retransShare: number;
  /** Of the segments with data that came since then, those that came before an earlier one, 0 to 1. */
  readonly outOfOrderShare: number;
  /** The same of the time before that sample: some ways never keep the order. */
  readonly outOfOrderShareBefore: number;
  /** There is a sample: the shares are of this incident's time. */
  readonly isShareRecent: boolean;
  /** How long something has been unacknowledged, where nothing was acknowledged between the looks; 0: nothing is. */
  readonly unackedForMs: number;
  readonly unackedSegments: number;
  readonly backoff: number;
  /** Waiting to be sent because the server takes no more, in both looks. */
  readonly refusedBytes: number;
  /** Received and not read by the client, which read nothing at all between the samples. */
  readonly undrainedBytes: number;
  /** Since the last byte came, on the connection on which it is the shortest. */
  readonly lastReceiveMs: number;
}

interface Look {
  readonly connection: TcpConnection;
  readonly info: TcpInfo;
}

/**
 * Undefined where no connection is found, unless `isSure`.
 * @param samples of the incident, numbers 1 and 2; number 0 is the one that was taken while all was well, if any.
 * @param sinceMs how long before the second sample the evidence began; Infinity where that is not known.
 * @param isSure the server's addresses are known: a connection that is not found does not exist.
 */
export function deriveSocketFacts(
  samples: readonly SocketSample[],
  isMeant: (connection: TcpConnection) => boolean,
  sinceMs = Infinity,
  isSure = false,
): SocketFacts | undefined {
  const well = looksOf(samples, 0, isMeant);
  const first = looksOf(samples, 1, isMeant);
  const second = looksOf(samples, 2, isMeant);
  const all = [...second].map(([key, now]) => ({
    now,
    before: first.get(key) ?? now,
    well: well.get(key)?.info,
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
    retransShare: worst(({ now, well }) => retransShare(now.info, well)),
    outOfOrderShare: worst(({ now, well }) => outOfOrderShare(now.info, well)),
    outOfOrderShareBefore: worst(({ well }) => (well === undefined ? 0 : outOfOrderShare(well))),
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

function looksOf(
  samples: readonly SocketSample[],
  number: number,
  isMeant: (connection: TcpConnection) => boolean,
): ReadonlyMap<string, Look> {
  const looks = new Map<string, Look>();
  for (const sample of samples) {
    if (sample.number !== number) continue;
    for (const connection of sample.connections) {
      const { info, state } = connection;
      if (info === undefined || state !== "ESTAB" || !isMeant(connection)) continue;
      looks.set(`${sample.namespace} ${connectionKey(connection)}`, { connection, info });
    }
  }
  return looks;
}

/** Whether something was sent since then, is still to be sent, or came between the samples. */
function isUsed({ before, now }: { readonly before: Look; readonly now: Look }, sinceMs: number): boolean {
  const { lastSendMs, unackedSegments, notSentBytes, bytesReceived } = now.info;
  const isOpen = unackedSegments > 0 || notSentBytes > 0 || now.connection.recvQueueBytes > 0;
  return isOpen || lastSendMs <= sinceMs || bytesReceived > before.info.bytesReceived;
}

/** What is in the queue in both samples, if nothing was taken out of it between them: a busy reader leaves something as well. */
function undrainedBytes({ before, now }: { readonly before: Look; readonly now: Look }): number {
  if (before === now) return 0;
  const arrived = now.info.bytesReceived - before.info.bytesReceived;
  const taken = arrived - (now.connection.recvQueueBytes - before.connection.recvQueueBytes);
  return taken > 0 ? 0 : Math.min(before.connection.recvQueueBytes, now.connection.recvQueueBytes);
}

function excessMs({ rttMs = 0, minRttMs = rttMs }: TcpInfo): number {
  return rttMs - minRttMs;
}

/** Of what was sent since then, or ever. */
function retransShare(now: TcpInfo, { bytesRetrans = 0, bytesSent = 0 }: Partial<TcpInfo> = {}): number {
  return (now.bytesRetrans - bytesRetrans) / Math.max(1, now.bytesSent - bytesSent);
}

function outOfOrderShare(now: TcpInfo, well: Partial<TcpInfo> = {}): number {
  const { outOfOrder = 0, dataSegmentsReceived = 0 } = well;
  return (now.outOfOrder - outOfOrder) / Math.max(1, now.dataSegmentsReceived - dataSegmentsReceived);
}

function unackedForMs({ before, now }: { readonly before: Look; readonly now: Look }): number {
  const isUnacked = before.info.unackedSegments > 0 && now.info.unackedSegments > 0;
  return isUnacked && now.info.bytesAcked === before.info.bytesAcked ? now.info.lastAckMs : 0;
}

function refusedBytes({ before, now }: { readonly before: Look; readonly now: Look }): number {
  const isRefused = before === now || now.info.windowLimitedMs > before.info.windowLimitedMs;
  return isRefused ? Math.min(before.info.notSentBytes, now.info.notSentBytes) : 0;
}
