// A snapshot of the request table: the replies of the last minute, and the open requests.

import { describe, expect, test } from "bun:test";
import { emptyRow, recentOf, takeSnapshot } from "../../src/live/snapshot.ts";
import { COMMAND } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { FLAG } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { BEING_WRITTEN } from "../helpers/request-table.ts";
import { aSnapshotInput, NOW_NS, SESSION } from "./snapshot-input.ts";

const NOW_MS = NOW_NS / 1e6;
const DENIED = { flags: FLAG.REPLIED | FLAG.ERRORED, ntStatus: 0xc000_0022, errno: ERRNO.EACCES };
const NOT_FOUND = { flags: FLAG.REPLIED | FLAG.ERRORED, ntStatus: 0xc000_0034, errno: ERRNO.ENOENT };

/** Puts each request in a set of its own, so that none has displaced another. */
function spread(requests: readonly Request[]): readonly Request[] {
  const empty = aRequest({ startNs: 0n });
  return requests.flatMap((request) => [request, empty, empty, empty]);
}

function ended(agoMs: number, parts: Parameters<typeof aRequest>[0] = {}): Request {
  const latencyMs = parts.latencyMs ?? 1;
  return aRequest({ startMs: NOW_MS - agoMs - latencyMs, ...parts, latencyMs });
}

describe("a snapshot of the table", () => {
  test("has the replies of the last minute, their rate and their failures", () => {
    const snapshot = takeSnapshot(
      aSnapshotInput(
        spread([ended(100), ended(59_000), ended(61_000), ended(200, DENIED), ended(300, NOT_FOUND)]),
      ),
    );
    expect(snapshot.windowSec).toBe(60);
    expect(recentOf(snapshot.total.figures, snapshot.windowSec)).toMatchObject({
      requests: 4,
      rate_per_sec: 0.1,
      errors: 1,
      max_ms: 1,
    });
  });

  test("reaches back no further than aod has watched and the recorder is complete", () => {
    expect(takeSnapshot(aSnapshotInput([], { watchingSinceNs: NOW_NS - 5e9 })).windowSec).toBe(5);
    expect(takeSnapshot(aSnapshotInput([], { watchingSinceNs: undefined })).windowSec).toBe(0);
    // A full set whose oldest line began 8 s ago: the lines that it displaced were older.
    const full = [8, 7, 6, 5].map((agoSec) => ended(agoSec * 1000));
    const { windowSec } = takeSnapshot(aSnapshotInput(full));
    expect(windowSec).toBeGreaterThan(5);
    expect(windowSec).toBeLessThan(9);
  });

  test("computes percentiles by nearest rank, whatever the order of the lines", () => {
    const random = seeded();
    const count = random.int(1, 400);
    const latencies = Array.from({ length: count }, () => random.int(1, 2_000));
    const snapshot = takeSnapshot(
      aSnapshotInput(spread(latencies.map((latencyMs) => ended(10, { latencyMs })))),
    );
    const sorted = latencies.toSorted((a, b) => a - b);
    const rank = (share: number) => (sorted[Math.ceil(share * count) - 1] ?? 0) * 1e6;
    const { p50Ns, p99Ns, maxNs } = snapshot.total.figures;
    expect([p50Ns, p99Ns, maxNs], random.seedText).toEqual([rank(0.5), rank(0.99), rank(1)]);
  });

  test("treats an IOCTL as one that may block only on an IPC$", () => {
    const trees = [
      { sessionId: SESSION, treeId: 5, share: "//nas/projects" },
      { sessionId: SESSION, treeId: 1, share: "//nas/IPC$" },
    ];
    const ioctl = { command: COMMAND.SMB2_IOCTL };
    const open = { ...ioctl, latencyMs: 0 };
    const snapshot = takeSnapshot(
      aSnapshotInput(
        spread([
          ended(1, { ...ioctl, treeId: 1, latencyMs: 50_000 }),
          ended(2, { ...ioctl, latencyMs: 20 }),
          aRequest({ ...open, treeId: 1, startMs: NOW_MS - 900e3 }),
          aRequest({ ...open, startMs: NOW_MS - 7000 }),
        ]),
        { trees },
      ),
    );
    const rows = Object.fromEntries(snapshot.byShare(9).map(({ key, ...row }) => [key, row]));
    expect(rows["//nas/IPC$"]).toMatchObject({ inFlight: 1, oldestAgeNs: undefined });
    expect(rows["//nas/projects"]).toMatchObject({ inFlight: 1, oldestAgeNs: 7e9 });
    expect(snapshot.total.oldestAgeNs).toBe(7e9);
    expect(snapshot.total.figures).toMatchObject({ requests: 2, maxNs: 20e6 });
  });

  test("groups by share, command and process, the busiest first", () => {
    const snapshot = takeSnapshot(
      aSnapshotInput(
        spread([
          ended(1),
          ended(2, { command: COMMAND.SMB2_WRITE, processId: 77, comm: "rsync" }),
          ended(3, { command: COMMAND.SMB2_WRITE, processId: 77, comm: "rsync" }),
          ended(4, { treeId: 6 }),
          ended(4, { sessionId: SESSION + 1n, processId: 77, comm: "rsync" }),
        ]),
      ),
    );
    const counts = (rows: ReturnType<typeof snapshot.byShare>) =>
      rows.map(({ key, figures }) => [key, figures.requests]);
    expect(counts(snapshot.byShare(9))).toEqual([
      ["//nas/projects", 3],
      ["unknown", 2],
    ]);
    expect(counts(snapshot.byCommand(9))).toEqual([
      ["SMB2_READ", 3],
      ["SMB2_WRITE", 2],
    ]);
    expect(counts(snapshot.byProcess(9))).toEqual([
      ["rsync (77)", 3],
      ["postgres (4200)", 2],
    ]);
    expect(snapshot.byProcess(1)).toHaveLength(1);
  });

  test("counts open requests, and ignores those that may block when it finds the oldest", () => {
    const open = (agoMs: number, command: number) =>
      aRequest({ startMs: NOW_MS - agoMs, latencyMs: 0, command });
    const snapshot = takeSnapshot(
      aSnapshotInput(
        spread([
          open(500_000, COMMAND.SMB2_CHANGE_NOTIFY),
          open(300, COMMAND.SMB2_READ),
          open(20, COMMAND.SMB2_READ),
        ]),
      ),
    );
    expect(snapshot.total).toMatchObject({ inFlight: 3, oldestAgeNs: 300e6 });
    expect(snapshot.byCommand(9).map(({ key, inFlight }) => [key, inFlight])).toEqual([
      ["SMB2_READ", 2],
      ["SMB2_CHANGE_NOTIFY", 1],
    ]);
  });

  test("times requests that may block only in the row of their command", () => {
    const snapshot = takeSnapshot(
      aSnapshotInput(
        spread([
          ended(5, { latencyMs: 3 }),
          ended(5, { latencyMs: 900_000, command: COMMAND.SMB2_CHANGE_NOTIFY }),
        ]),
      ),
    );
    expect(snapshot.total.figures).toMatchObject({ requests: 2, maxNs: 3e6 });
    expect(snapshot.byCommand(9).find(({ key }) => key === "SMB2_CHANGE_NOTIFY")?.figures.maxNs).toBe(900e9);
  });

  test("leaves out lines that are being written, and replies that can't be trusted", () => {
    const snapshot = takeSnapshot(
      aSnapshotInput(
        spread([
          aRequest({ startNs: BEING_WRITTEN }),
          ended(5, { flags: FLAG.REPLIED | FLAG.AMBIGUOUS }),
          ended(5, { flags: FLAG.REAPED }),
        ]),
      ),
    );
    expect(snapshot.total).toEqual(emptyRow(""));
  });

  test("lists tasks that have waited in cifs without a request for over a second", () => {
    const begun = [
      { startNs: BigInt(NOW_NS - 9e9), xid: 1, taskId: 11, processId: 10, comm: "cp" },
      { startNs: BigInt(NOW_NS - 8e9), xid: 2, taskId: 12, processId: 10, comm: "strays" },
      { startNs: BigInt(NOW_NS - 7e9), xid: 3, taskId: 4242, processId: 10, comm: "has sent" },
      { startNs: BigInt(NOW_NS - 5e8), xid: 4, taskId: 14, processId: 10, comm: "young" },
    ];
    const sent = spread([aRequest({ startMs: NOW_MS - 100, latencyMs: 0 })]);
    const snapshot = takeSnapshot(aSnapshotInput(sent, { begun, isWaiting: (taskId) => taskId !== 12 }));
    expect(snapshot.waiting.map(({ comm }) => comm)).toEqual(["cp"]);
  });
});

describe("rows of processes", () => {
  test("merge exited processes by name, except those with requests in flight", () => {
    const requests = spread([
      ...[1, 2, 3].map((processId) => ended(100, { processId, comm: "dd" })),
      ended(100, { processId: 4, comm: "make" }),
      aRequest({ processId: 5, comm: "dd", latencyMs: 0, startMs: NOW_MS - 500 }),
      ended(100, { processId: 6, comm: "dd" }),
    ]);
    const snapshot = takeSnapshot(aSnapshotInput(requests, { hasEnded: (processId) => processId !== 6 }));
    const rows = snapshot
      .byProcess(10)
      .map(({ key, figures, inFlight }) => [key, figures.requests, inFlight]);
    expect(rows).toContainEqual(["dd (3 ended)", 3, 0]);
    expect(rows).toContainEqual(["make (1 ended)", 1, 0]);
    expect(rows).toContainEqual(["dd (5)", 0, 1]);
    expect(rows).toContainEqual(["dd (6)", 1, 0]);
    expect(rows).toHaveLength(4);
  });

  test("begin with overdue ones, the oldest first, however busy others are", () => {
    const busy = Array.from({ length: 30 }, (_, i) => ended(100 + i, { processId: 1, comm: "busy" }));
    const hung = [7_000, 40_000].map((agoMs, i) =>
      aRequest({ processId: 10 + i, comm: "cp", latencyMs: 0, startMs: NOW_MS - agoMs }),
    );
    const snapshot = takeSnapshot(aSnapshotInput(spread([...busy, ...hung])));
    expect(snapshot.byProcess(3).map(({ key }) => key)).toEqual(["cp (11)", "cp (10)", "busy (1)"]);
  });
});
