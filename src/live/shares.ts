// The shares in use as rows of a Status document, from a snapshot, the known trees and the kernel's counters. Pure but
// for what is handed in.

import type { ShareStatus } from "../api/status.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import { type Attribution, dialectName } from "../model/attribution.ts";
import { isPipeShare, type KnownTree, LAST_SLOT } from "../model/share.ts";
import type { Tallies } from "../model/tally.ts";
import { makeIsFailure } from "./replies.ts";
import { emptyRow, type LiveSnapshot, type Row, recentOf, toMs } from "./snapshot.ts";

const SHARES_MAX = 256;

type About = Pick<Attribution, "address" | "mountPoints" | "dfsPaths" | "dialect" | "encrypted">;

interface Total {
  readonly requests: number;
  readonly errors: number;
}

/**
 * The rows, the share with most requests first.
 * @param aboutShare where a share is mounted, and how it is reached.
 */
export function shareRows(
  snapshot: LiveSnapshot,
  trees: readonly KnownTree[],
  tallies: Tallies,
  aboutShare: (share: string) => About,
): readonly ShareStatus[] {
  const totals = totalsBySlot(tallies);
  // Each server has an IPC$: it holds no files, and the SMB client uses it for itself.
  const used = snapshot.byShare(SHARES_MAX).filter(({ key }) => !isPipeShare(key));
  const rows = new Map<string, Row>(used.map((row) => [row.key, row]));
  const slots = slotsByShare(trees);
  for (const share of slots.keys())
    if (!rows.has(share) && !isPipeShare(share)) rows.set(share, emptyRow(share));
  // The last slot counts replies whose share was unknown, and those of shares without a slot of their own, such as
  // IPC$.
  const isLastShared = [...slots.values()].includes(LAST_SLOT);
  const totalOf = (share: string): Total | undefined => {
    const slot = share === UNKNOWN_SHARE ? LAST_SLOT : (slots.get(share) ?? LAST_SLOT);
    if (slot === LAST_SLOT && (isLastShared || share !== UNKNOWN_SHARE)) return undefined;
    return totals.get(slot) ?? { requests: 0, errors: 0 };
  };
  return [...rows.values()]
    .map((row) => ({ row, total: totalOf(row.key) }))
    .sort((a, b) => busy(b) - busy(a) || (b.total?.requests ?? 0) - (a.total?.requests ?? 0))
    .slice(0, SHARES_MAX)
    .map(({ row, total }) => {
      const { address, mountPoints, dfsPaths, dialect, encrypted } = aboutShare(row.key);
      return {
        share: row.key,
        address: address ?? null,
        mount_points: [...mountPoints],
        dfs_paths: [...dfsPaths],
        dialect: dialect === undefined ? null : dialectName(dialect),
        encrypted: encrypted ?? null,
        requests_total: total?.requests ?? null,
        errors_total: total?.errors ?? null,
        recent: recentOf(row.figures, snapshot.windowSec),
        now: recentOf(row.now, snapshot.nowSec),
        in_flight: row.inFlight,
        oldest_ms: toMs(row.oldestAgeNs),
      };
    });
}

function busy({ row: { figures, inFlight } }: { readonly row: Row }): number {
  return figures.requests + inFlight;
}

/** The slot of each share. Without known tree ids the kernel counts a share in the last slot. */
function slotsByShare(trees: readonly KnownTree[]): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  for (const { share, slot, treeId } of trees)
    if (treeId !== undefined) slots.set(share, slot);
    else if (!slots.has(share)) slots.set(share, LAST_SLOT);
  return slots;
}

function totalsBySlot({ histograms, statuses }: Tallies): ReadonlyMap<number, Total> {
  const totals = new Map<number, Total>();
  const add = (slot: number, requests: number, errors: number) => {
    const before = totals.get(slot) ?? { requests: 0, errors: 0 };
    totals.set(slot, { requests: before.requests + requests, errors: before.errors + errors });
  };
  for (const { slot, buckets } of histograms)
    add(
      slot,
      buckets.reduce((sum, count) => sum + count, 0),
      0,
    );
  const isFailure = makeIsFailure();
  for (const { ntStatus, slot, command, count } of statuses)
    if (ntStatus === undefined || isFailure(command, ntStatus)) add(slot, 0, count);
  return totals;
}
