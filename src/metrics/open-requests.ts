// What is open at this moment, by share: only counted, and the oldest, so that a scrape costs no more than one look through the
// table. In: the live table, trees, the time; out: rows, and which tasks have a request in flight. Judges nothing.

import { mayBlock } from "../model/command.ts";
import type { RequestMemory } from "../model/request.ts";
import { isPipeShare, ShareIndex, type TreeShare } from "../model/share.ts";
import { TableScan } from "../table/walk-open.ts";

/** What is open on one share. */
export interface OpenOnShare {
  readonly share: string;
  /** Without what waits by design. */
  readonly inFlight: number;
  /** Of the oldest of these. */
  readonly oldestAgeNs: number;
}

export interface OpenRequests {
  readonly byShare: readonly OpenOnShare[];
  /** Tasks that have sent one of them, what waits by design included. */
  readonly senders: ReadonlySet<number>;
}

/** @param nowNs CLOCK_MONOTONIC, read before. */
export function findOpenRequests(
  table: RequestMemory,
  trees: readonly TreeShare[],
  nowNs: number,
): OpenRequests {
  const shares = new ShareIndex(trees);
  const found = new Map<string, { inFlight: number; oldestAgeNs: number }>();
  const senders = new Set<number>();
  new TableScan(table).walk(nowNs, (at, startNs, command) => {
    senders.add(table.taskId(at));
    // A line in the making: it is younger than a millisecond, and there next time.
    if (command === undefined) return;
    const share = shares.nameOf(table.sessionId(at), table.treeId(at));
    if (mayBlock(command, isPipeShare(share))) return;
    const row = found.get(share) ?? { inFlight: 0, oldestAgeNs: 0 };
    row.inFlight += 1;
    row.oldestAgeNs = Math.max(row.oldestAgeNs, nowNs - startNs);
    found.set(share, row);
  });
  return { byShare: Array.from(found, ([share, row]) => ({ share, ...row })), senders };
}
