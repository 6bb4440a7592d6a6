// Parses the TCP connections that `ss -tinoem` prints. Pure. The peer of a connection controls some of the figures, and
// the text may be incomplete: other lines are skipped, the number of connections is bounded, and nothing throws.
//
// ss leaves out figures that are 0 (iproute2, misc/ss.c:tcp_stats_print), and all figures of a connection that is being
// closed. A figure that the kernel does not report stays undefined.

import { canonicalAddress } from "../model/address.ts";

export interface SocketSample {
  /** The target of the link /proc/PID/ns/net: `net:[4026531840]`. */
  readonly namespace: string;
  /** 1 for the first; the second follows a moment later. */
  readonly number: number;
  readonly connections: readonly TcpConnection[];
}

export interface TcpConnection {
  /** In capital letters: `ESTAB`, `SYN-SENT`. */
  readonly state: string;
  readonly local: Endpoint;
  readonly peer: Endpoint;
  /** Bytes received and not yet read by the client. */
  readonly recvQueueBytes: number;
  /** Bytes not yet acknowledged by the server, sent or not. */
  readonly sendQueueBytes: number;
  /** Undefined if ss prints only the addresses of the connection. */
  readonly info: TcpInfo | undefined;
}

export interface Endpoint {
  /** The canonical form (model/address.ts). */
  readonly address: string;
  readonly port: number;
}

/** struct tcp_info, include/uapi/linux/tcp.h. */
export interface TcpInfo {
  /** Smoothed round trip time and its mean deviation. */
  readonly rttMs: number | undefined;
  readonly rttVarMs: number | undefined;
  /** The shortest round trip of the last minutes: that of the unloaded network path. */
  readonly minRttMs: number | undefined;
  /** Retransmitted segments that are not acknowledged yet. */
  readonly retransNow: number;
  /** All segments that were retransmitted since the connection was established. */
  readonly retransTotal: number;
  readonly unackedSegments: number;
  /** Bytes in the send queue that have never been sent. */
  readonly notSentBytes: number;
  readonly lastSendMs: number;
  readonly lastReceiveMs: number;
  readonly lastAckMs: number;
  readonly bytesSent: number;
  readonly bytesAcked: number;
  readonly bytesRetrans: number;
  readonly bytesReceived: number;
  /** Segments with data, and those of them that arrived before an earlier segment; Linux 5.4. */
  readonly dataSegmentsReceived: number;
  readonly outOfOrder: number;
  readonly cwndSegments: number;
  /** The total time in which data waited to be sent because the server's window was closed. */
  readonly windowLimitedMs: number;
  /** The number of times the retransmission timer has doubled. */
  readonly backoff: number;
}

export const SOCKETS_MAX = { samples: 64, connections: 4096 } as const;

const LINE_MAX_CHARS = 4096;
const HEADING = /^==> (net:\[\d{1,20}\]) .*, sample (\d{1,3}) <==$/;
const CONNECTION =
  /^([A-Z][A-Z0-9-]{2,11})\s+(\d{1,15})\s+(\d{1,15})\s+(\S+):(\d{1,5})\s+(\S+):(\d{1,5})(?:\s|$)/;
/** Every connection that has figures has this one. */
const HAS_FIGURES = /\bcwnd:\d/;

/** Never throws, whatever the text is. */
export function parseSockets(text: string): readonly SocketSample[] {
  const samples: (SocketSample & { readonly connections: TcpConnection[] })[] = [];
  let left: number = SOCKETS_MAX.connections;
  for (const whole of text.split("\n")) {
    const line = whole.slice(0, LINE_MAX_CHARS);
    const sample = samples.at(-1);
    const [, namespace, number] = HEADING.exec(line) ?? [];
    if (namespace !== undefined) {
      if (samples.length < SOCKETS_MAX.samples)
        samples.push({ namespace, number: Number(number), connections: [] });
      continue;
    }
    if (sample === undefined) continue;
    const connection = readConnection(line);
    if (connection !== undefined && left-- > 0) sample.connections.push(connection);
    // The figures are on the next line, or behind `<->` if ss prints one line a connection.
    const last = sample.connections.at(-1);
    if (last?.info === undefined && last !== undefined && HAS_FIGURES.test(line))
      sample.connections[sample.connections.length - 1] = { ...last, info: readInfo(line) };
  }
  return samples;
}

/** The key of a connection, equal in all samples. */
export function connectionKey({ local, peer }: TcpConnection): string {
  return `${local.address} ${local.port} ${peer.address} ${peer.port}`;
}

// --- internal ---

function readConnection(line: string): TcpConnection | undefined {
  const [, state, recvQueue, sendQueue, local, localPort, peer, peerPort] = CONNECTION.exec(line) ?? [];
  if (state === undefined || local === undefined || peer === undefined) return undefined;
  return {
    state,
    local: { address: canonicalAddress(local), port: Number(localPort) },
    peer: { address: canonicalAddress(peer), port: Number(peerPort) },
    recvQueueBytes: Number(recvQueue),
    sendQueueBytes: Number(sendQueue),
    info: undefined,
  };
}

function readInfo(line: string): TcpInfo {
  const figures = new Map<string, string>();
  for (const [, name = "", value = ""] of line.matchAll(
    /(?:^|\s)([a-z_]{3,16}):([\d.]{1,20}(?:\/[\d.]{1,20})?)(?=\s|$)/g,
  ))
    figures.set(name, value);
  const part = (name: string, index = 0) => {
    const value = Number(figures.get(name)?.split("/")[index] ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  return {
    rttMs: part("rtt"),
    rttVarMs: part("rtt", 1),
    minRttMs: part("minrtt"),
    retransNow: part("retrans") ?? 0,
    retransTotal: part("retrans", 1) ?? 0,
    unackedSegments: part("unacked") ?? 0,
    notSentBytes: part("notsent") ?? 0,
    lastSendMs: part("lastsnd") ?? 0,
    lastReceiveMs: part("lastrcv") ?? 0,
    lastAckMs: part("lastack") ?? 0,
    bytesSent: part("bytes_sent") ?? 0,
    bytesAcked: part("bytes_acked") ?? 0,
    bytesRetrans: part("bytes_retrans") ?? 0,
    bytesReceived: part("bytes_received") ?? 0,
    dataSegmentsReceived: part("data_segs_in") ?? 0,
    outOfOrder: part("rcv_ooopack") ?? 0,
    cwndSegments: part("cwnd") ?? 0,
    windowLimitedMs: Number(/\srwnd_limited:(\d{1,15})ms/.exec(line)?.[1] ?? 0),
    backoff: part("backoff") ?? 0,
  };
}
