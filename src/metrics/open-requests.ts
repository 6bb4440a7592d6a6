// Counts the open requests of each share and finds the oldest. It keeps no row of the table, so that a scrape costs one
// walk through it. It judges nothing.

import { mayBlock } from "../model/command.ts";
import type { RequestMemory } from "../model/request.ts";
import { isPipeShare, ShareIndex, type TreeShare } from "../model/share.ts";
import { TableScan } from "../table/walk-open.ts";

/** Open requests of one share. */
export interface OpenOnShare {
  readonly share: string;
  /** Without requests that may block indefinitely. */
  readonly inFlight: number;
  /** Age of the oldest of these. */
  readonly oldestAgeNs: number;
}

export interface OpenRequests {
  readonly byShare: readonly OpenOnShare[];
  /** Ids of tasks with an open request, including requests that may block indefinitely. */
  readonly senders: ReadonlySet<number>;
}

/** @param nowNs CLOCK_MONOTONIC, read before the walk. */
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
    // The line is being written: it is younger than a millisecond, and the next scrape has it.
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
