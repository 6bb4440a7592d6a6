// What hangs at one moment, server by server: for a capture that a person asks for, which has no anomaly that says it. In: a look at a
// frozen table, the table, whether a task is alive; out: plain rows and the requests behind them. Pure but for what is handed in.
//
// A request of a task that has ended hangs for no one: its reply is not waited for any more.

import { EVIDENCE_MAX, UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { HangingServer } from "../model/capture.ts";
import { asEvidence } from "../model/operation.ts";
import type { Request, RequestMemory } from "../model/request.ts";
import { serverNameOf } from "../model/server-identity.ts";
import { readAgain } from "../table/columns.ts";
import { chooseOldest } from "./open.ts";
import type { LiveSnapshot } from "./snapshot.ts";

/** A server of which something hangs, with what hangs. */
export interface Hang {
  readonly about: HangingServer;
  /** The oldest first, EVIDENCE_MAX at most. */
  readonly evidence: readonly Request[];
}

/** Younger requests are answered late at worst. */
const HANGS_AFTER_NS = 1e9;
/** Requests that are examined, the oldest first: each costs a look into /proc. */
const EXAMINED_MAX = 1024;
const SERVERS_MAX = 20;
const SHARES_MAX = 64;

/** The server whose oldest request is the oldest first. */
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

/** What a capture of this hang is of: its share, or its server where there are several. */
export function shareOfHang({ server, shares }: HangingServer): string {
  const [only, ...others] = shares;
  if (only !== undefined && others.length === 0) return only;
  return server === UNKNOWN_SHARE ? server : `//${server}`;
}
