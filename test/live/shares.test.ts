// Rows of shares: which shares they cover, and their totals.

import { describe, expect, test } from "bun:test";
import { shareRows } from "../../src/live/shares.ts";
import { takeSnapshot } from "../../src/live/snapshot.ts";
import { COMMAND } from "../../src/model/command.ts";
import { HISTOGRAM_SHAPE } from "../../src/model/request.gen.ts";
import { type KnownTree, LAST_SLOT } from "../../src/model/share.ts";
import type { Tallies } from "../../src/model/tally.ts";
import { aRequest } from "../helpers/request.ts";
import { aSnapshotInput, NOW_NS, SESSION } from "./snapshot-input.ts";

const ABOUT = {
  address: "192.0.2.7",
  mountPoints: ["/mnt/projects"],
  dfsPaths: ["//corp/dfs/projects"],
  dialect: 0x311,
  encrypted: true,
};

function aTree(treeId: number | undefined, share: string, slot: number): KnownTree {
  return { sessionId: SESSION, treeId, share, slot, connectionId: 1, dialect: 0x311, encrypted: true };
}

function replies(slot: number, count: number): Tallies["histograms"][number] {
  const buckets = new Float64Array(HISTOGRAM_SHAPE.BUCKETS);
  buckets[7] = count;
  return { slot, command: COMMAND.SMB2_READ, sumNs: count, errors: 0, buckets };
}

function rowsOf(
  trees: readonly KnownTree[],
  tallies: Tallies,
  requests = [aRequest({ startMs: NOW_NS / 1e6 - 9 })],
) {
  return shareRows(takeSnapshot(aSnapshotInput(requests, { trees })), trees, tallies, () => ABOUT);
}

describe("rows of shares", () => {
  test("cover every known share except IPC$, used or not, the busiest first", () => {
    const trees = [aTree(1, "//nas/IPC$", 0), aTree(2, "//nas/idle", 1), aTree(5, "//nas/projects", 2)];
    const rows = rowsOf(trees, { histograms: [], statuses: [] });
    expect(rows.map(({ share, recent }) => [share, recent.requests])).toEqual([
      ["//nas/projects", 1],
      ["//nas/idle", 0],
    ]);
    expect(rows[0]).toMatchObject({ mount_points: ["/mnt/projects"], dialect: "3.1.1", encrypted: true });
    expect(rows[0]).toMatchObject({ dfs_paths: ["//corp/dfs/projects"], address: "192.0.2.7" });
  });

  test("have the kernel's counts of the share's slot, and count only real failures", () => {
    const tallies: Tallies = {
      histograms: [replies(2, 40), replies(3, 7)],
      statuses: [
        { ntStatus: 0xc000_0022, slot: 2, command: COMMAND.SMB2_CREATE, count: 3 },
        { ntStatus: 0xc000_0034, slot: 2, command: COMMAND.SMB2_CREATE, count: 100 },
        { ntStatus: undefined, slot: 2, command: COMMAND.SMB2_CREATE, count: 1 },
      ],
    };
    const [row] = rowsOf([aTree(5, "//nas/projects", 2)], tallies);
    expect(row).toMatchObject({ requests_total: 40, errors_total: 4 });
  });

  test("leave out IPC$, though the client uses it", () => {
    const trees = [aTree(5, "//nas/IPC$", 0), aTree(2, "//nas/idle", 1)];
    const rows = rowsOf(trees, { histograms: [replies(0, 40)], statuses: [] });
    expect(rows.map(({ share }) => share)).toEqual(["//nas/idle"]);
  });

  test("have figures but no totals while the tree of a share is unknown", () => {
    const tallies = { histograms: [replies(2, 40)], statuses: [] };
    const unknown = [aTree(undefined, "//nas/projects", 2), aTree(undefined, "//nas/IPC$", 1)];
    const figures = (trees: readonly KnownTree[]) =>
      rowsOf(trees, tallies).map(({ share, requests_total, recent }) => [
        share,
        requests_total,
        recent.requests,
      ]);
    expect(figures(unknown)).toEqual([["//nas/projects", null, 1]]);
    expect(figures([...unknown, aTree(5, "//nas/projects", 2)])).toEqual([["//nas/projects", 40, 1]]);
    expect(figures([...unknown, aTree(undefined, "//nas/home", 3)]).map(([share]) => share)).toContain(
      "//nas",
    );
  });

  test("have the last slot's totals for the unknown share, and no totals if a known share uses that slot, too", () => {
    const tallies = { histograms: [replies(LAST_SLOT, 5)], statuses: [] };
    const totals = (trees: readonly KnownTree[]) =>
      rowsOf(trees, tallies, [aRequest({ treeId: 99, startMs: NOW_NS / 1e6 - 9 })]).map(
        ({ share, requests_total }) => [share, requests_total],
      );
    expect(totals([aTree(5, "//nas/projects", 1)])).toEqual([
      ["unknown", 5],
      ["//nas/projects", 0],
    ]);
    expect(totals([aTree(5, "//nas/projects", LAST_SLOT)])).toEqual([
      ["unknown", null],
      ["//nas/projects", null],
    ]);
  });
});
