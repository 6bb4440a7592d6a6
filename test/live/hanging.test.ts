// The hangs that a capture on demand finds, server by server, and what does not count as a hang.

import { describe, expect, test } from "bun:test";
import { findHangs, shareOfHang } from "../../src/live/hanging.ts";
import { takeSnapshot } from "../../src/live/snapshot.ts";
import { COMMAND } from "../../src/model/command.ts";
import { KIND } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aSnapshotInput, NOW_NS, SESSION } from "./snapshot-input.ts";

const NOW_MS = NOW_NS / 1e6;
const TREES = [
  { sessionId: SESSION, treeId: 5, share: "//nas/projects" },
  { sessionId: SESSION, treeId: 6, share: "//nas/home" },
  { sessionId: SESSION, treeId: 7, share: "//other/data" },
];

function hangsOf(
  requests: readonly Request[],
  parts: Parameters<typeof aSnapshotInput>[1] = {},
  dead: readonly number[] = [],
) {
  const empty = aRequest({ startNs: 0n });
  const spread = requests.flatMap((request) => [request, empty, empty, empty]);
  const input = aSnapshotInput(spread, { trees: TREES, ...parts });
  return findHangs(takeSnapshot(input), input.table, (taskId) => !dead.includes(taskId));
}

function open(agoMs: number, treeId = 5, parts: Parameters<typeof aRequest>[0] = {}): Request {
  return aRequest({ startMs: NOW_MS - agoMs, latencyMs: 0, treeId, ...parts });
}

describe("the hangs of a snapshot", () => {
  test("are grouped by server, the one with the oldest request first, and requests oldest first", () => {
    const hangs = hangsOf([open(8_000, 6), open(30_000, 7), open(12_000), open(3_000, 7)]);
    expect(hangs.map(({ about }) => about)).toEqual([
      { server: "other", shares: ["//other/data"], count: 2, oldestNs: 30e9 },
      { server: "nas", shares: ["//nas/projects", "//nas/home"], count: 2, oldestNs: 12e9 },
    ]);
    expect(hangs[0]?.evidence.map(({ startNs }) => Number(startNs))).toEqual([NOW_NS - 30e9, NOW_NS - 3e9]);
    expect(hangs.map(({ about }) => shareOfHang(about))).toEqual(["//other/data", "//nas"]);
  });

  test("do not include requests that are answered, young, may block indefinitely, or whose task has exited", () => {
    const notify = { command: COMMAND.SMB2_CHANGE_NOTIFY };
    const answered = aRequest({ startMs: NOW_MS - 9_000, latencyMs: 8_000 });
    const orphan = { taskId: 4711 };
    expect(
      hangsOf([open(900), open(60_000, 5, notify), answered, open(60_000, 5, orphan)], {}, [4711]),
    ).toEqual([]);
  });

  test("include operations that wait to be sent, whose share is unknown", () => {
    const begun = [{ startNs: BigInt(NOW_NS - 20e9), xid: 7, taskId: 81, processId: 80, comm: "cp" }];
    const [hang, ...others] = hangsOf([], { begun });
    expect(others).toEqual([]);
    expect(hang?.about).toEqual({ server: "unknown", shares: ["unknown"], count: 1, oldestNs: 20e9 });
    expect(hang?.evidence).toMatchObject([{ kind: KIND.OPERATION, processId: 80, comm: "cp" }]);
    expect(hang && shareOfHang(hang.about)).toBe("unknown");
  });

  test("list 32 requests of a server at most, and count all", () => {
    const [hang] = hangsOf(Array.from({ length: 90 }, (_, i) => open(2_000 + i)));
    expect(hang?.about.count).toBe(90);
    expect(hang?.evidence).toHaveLength(32);
  });
});
