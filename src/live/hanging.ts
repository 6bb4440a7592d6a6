// What hangs at one moment, server by server, for a capture on demand, which has no anomaly to describe it. It examines
// a snapshot of a frozen table. Pure but for the check whether a task is alive, which is handed in.
//
// A request of a task that has exited is not a hang: no task awaits its reply any more.

import { EVIDENCE_MAX, UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { HangingServer } from "../model/capture.ts";
import { asEvidence } from "../model/operation.ts";
import type { Request, RequestMemory } from "../model/request.ts";
import { serverNameOf } from "../model/server-identity.ts";
import { readAgain } from "../table/columns.ts";
import { chooseOldest } from "./open.ts";
import type { LiveSnapshot } from "./snapshot.ts";

/** A server that requests or operations hang on, with the evidence. */
export interface Hang {
  readonly about: HangingServer;
  /** The oldest first, EVIDENCE_MAX at most. */
  readonly evidence: readonly Request[];
}

/** A younger request is at worst slow. */
const HANGS_AFTER_NS = 1e9;
/** Requests that are examined, the oldest first: each costs a read of /proc. */
const EXAMINED_MAX = 1024;
const SERVERS_MAX = 20;
const SHARES_MAX = 64;

/** Finds the servers with hangs; the server with the oldest hang comes first. */
export function findHangs(
  snapshot: LiveSnapshot,
  table: RequestMemory,
  isAlive: (taskId: number) => boolean,
): readonly Hang[] {
  const { lines, mayBlock, open, shares } = snapshot;
  const due = open.filter((i) => mayBlock[i] === 0);
  const requests = chooseOldest(lines, mayBlock, due, EXAMINED_MAX).flatMap((i) => {
    const request = readAgain(table, lines, i);
    return request === undefined ? [] : [request];
  });
  const waiting = [...requests, ...snapshot.waiting.map(asEvidence)].filter(
    ({ startNs, taskId }) => lines.nowNs - Number(startNs) >= HANGS_AFTER_NS && isAlive(taskId),
  );
  const byServer = new Map<string, { request: Request; share: string }[]>();
  for (const request of waiting.sort((a, b) => Number(a.startNs - b.startNs))) {
    const share = shares.nameOf(request.sessionId, request.treeId);
    const server = serverNameOf(share);
    const its = byServer.get(server);
    if (its === undefined) byServer.set(server, [{ request, share }]);
    else its.push({ request, share });
  }
  return [...byServer].slice(0, SERVERS_MAX).map(([server, its]): Hang => {
    const startNs = Number(its[0]?.request.startNs ?? 0n);
    return {
      about: {
        server,
        shares: [...new Set(its.map(({ share }) => share))].slice(0, SHARES_MAX),
        count: its.length,
        oldestNs: Math.max(0, lines.nowNs - startNs),
      },
      evidence: its.slice(0, EVIDENCE_MAX).map(({ request }) => request),
    };
  });
}

/** The share that a capture of this hang names: its only share, or its server if there are several. */
export function shareOfHang({ server, shares }: HangingServer): string {
  const [only, ...others] = shares;
  if (only !== undefined && others.length === 0) return only;
  return server === UNKNOWN_SHARE ? server : `//${server}`;
}
