// Finds the silent servers: those that owe replies and have sent none for over a second. Pure. It applies no rule:
// thresholds of incidents are elsewhere.

import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import { serverNameOf } from "../model/server-identity.ts";
import type { Lines } from "../table/columns.ts";
import type { Grouping } from "./grouping.ts";
import type { Replies } from "./replies.ts";

/** A server that sends no reply although requests wait for one. */
export interface Stall {
  /** As serverNameOf returns it; "unknown" for requests of an unknown share. */
  readonly server: string;
  /** Since its last reply, or since the oldest request was sent if that is later, ns. */
  readonly silentNs: number;
  /** Requests without a reply, except those that may block indefinitely. */
  readonly inFlight: number;
  /** Age of the oldest of them, ns. */
  readonly oldestAgeNs: number;
  /** The shares that they were sent to, in the order of the table, without duplicates. */
  readonly shares: readonly string[];
}

/** A server that is silent for less is busy. */
const SILENT_AFTER_NS = 1e9;

interface Server {
  readonly groups: Set<number>;
  inFlight: number;
  oldestStartNs: number;
  lastReplyNs: number;
}

/**
 * The silent servers, the longest silence first.
 * @param mayBlock by index in Lines: 1 for a request that may block indefinitely.
 * @param grouping the lines by share.
 */
export function findStalls(
  lines: Lines,
  mayBlock: Uint8Array,
  open: Uint32Array,
  replies: Replies,
  { of, count, nameOf }: Grouping,
): readonly Stall[] {
  const names = Array.from({ length: count }, (_, group) => serverNameOf(nameOf(group)));
  const servers = new Map<string, Server>();
  for (const i of open) {
    if (mayBlock[i] === 1) continue;
    const group = of[i] as number;
    const key = names[group] ?? UNKNOWN_SHARE;
    const server = servers.get(key) ?? {
      groups: new Set<number>(),
      inFlight: 0,
      oldestStartNs: Infinity,
      lastReplyNs: -Infinity,
    };
    servers.set(key, server);
    server.groups.add(group);
    server.inFlight += 1;
    server.oldestStartNs = Math.min(server.oldestStartNs, lines.startNs[i] as number);
  }
  if (servers.size === 0) return [];
  const serverOf = names.map((name) => servers.get(name));
  for (let at = 0; at < replies.count; at++) {
    const i = replies.line[at] as number;
    const server = serverOf[of[i] as number];
    if (server === undefined) continue;
    const endNs = (lines.startNs[i] as number) + (lines.latencyNs[i] as number);
    server.lastReplyNs = Math.max(server.lastReplyNs, endNs);
  }
  return [...servers.values()]
    .map(({ groups, inFlight, oldestStartNs, lastReplyNs }): Stall => {
      const [first = 0] = groups;
      return {
        server: names[first] ?? UNKNOWN_SHARE,
        silentNs: Math.max(0, lines.nowNs - Math.max(lastReplyNs, oldestStartNs)),
        inFlight,
        oldestAgeNs: Math.max(0, lines.nowNs - oldestStartNs),
        shares: [...groups].map(nameOf),
      };
    })
    .filter(({ silentNs }) => silentNs >= SILENT_AFTER_NS)
    .sort((a, b) => b.silentNs - a.silentNs || b.inFlight - a.inFlight);
}
