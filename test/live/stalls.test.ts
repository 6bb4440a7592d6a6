// Silent servers: which are reported, since when, and what is not silence.

import { describe, expect, test } from "bun:test";
import { takeSnapshot } from "../../src/live/snapshot.ts";
import { COMMAND } from "../../src/model/command.ts";
import type { Request } from "../../src/model/request.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aSnapshotInput, NOW_NS, SESSION } from "./snapshot-input.ts";

const NOW_MS = NOW_NS / 1e6;
const TREES = [
  { sessionId: SESSION, treeId: 5, share: "//nas/projects" },
  { sessionId: SESSION, treeId: 6, share: "//NAS/home" },
  { sessionId: SESSION, treeId: 7, share: "//other/data" },
];

function stallsOf(requests: readonly Request[]) {
  const empty = aRequest({ startNs: 0n });
  const spread = requests.flatMap((request) => [request, empty, empty, empty]);
  return takeSnapshot(aSnapshotInput(spread, { trees: TREES })).stalls;
}

function open(agoMs: number, treeId = 5, command: number = COMMAND.SMB2_READ): Request {
  return aRequest({ startMs: NOW_MS - agoMs, latencyMs: 0, treeId, command });
}

function ended(agoMs: number, treeId = 5): Request {
  return aRequest({ startMs: NOW_MS - agoMs - 1, latencyMs: 1, treeId });
}

describe("silent servers", () => {
  test("a server that owes replies on two shares is one row, silent since its last reply", () => {
    const stalls = stallsOf([open(38_000), open(37_000, 6), open(2_000), ended(36_000, 6), ended(50_000)]);
    expect(stalls).toEqual([
      {
        server: "nas",
        silentNs: 36e9,
        inFlight: 3,
        oldestAgeNs: 38e9,
        shares: ["//nas/projects", "//NAS/home"],
      },
    ]);
  });

  test("the silence of an idle server begins with its oldest request", () => {
    expect(stallsOf([ended(90_000), open(4_000)])).toMatchObject([{ silentNs: 4e9, oldestAgeNs: 4e9 }]);
  });

  test("a server that sends replies is not silent, however old one of its requests is", () => {
    expect(stallsOf([open(60_000), ended(200)])).toEqual([]);
  });

  test("a request that may block is owed no reply, and an idle server owes none", () => {
    expect(stallsOf([open(60_000, 5, COMMAND.SMB2_CHANGE_NOTIFY), ended(70_000, 7)])).toEqual([]);
  });

  test("replies of one server do not hide the silence of another, and the longest silence is first", () => {
    const stalls = stallsOf([open(9_000), open(20_000, 7), ended(10, 6)]);
    expect(stalls.map(({ server }) => server)).toEqual(["other"]);
    const both = stallsOf([open(9_000), open(20_000, 7)]);
    expect(both.map(({ server, silentNs }) => [server, silentNs])).toEqual([
      ["other", 20e9],
      ["nas", 9e9],
    ]);
  });

  test("no silence is longer than the wait of the oldest request, and each counts the replies that are due", () => {
    const random = seeded();
    for (let run = 0; run < 100; run++) {
      const requests = Array.from({ length: random.int(0, 40) }, () =>
        random.chance(0.5)
          ? open(random.int(0, 60_000), random.int(5, 8))
          : ended(random.int(0, 60_000), random.int(5, 8)),
      );
      const stalls = stallsOf(requests);
      const due = requests.filter(({ latencyNs }) => latencyNs === 0).length;
      expect(stalls.reduce((sum, { inFlight }) => sum + inFlight, 0)).toBeLessThanOrEqual(due);
      for (const { silentNs, oldestAgeNs } of stalls) {
        expect(silentNs, random.seedText).toBeLessThanOrEqual(oldestAgeNs);
        expect(silentNs, random.seedText).toBeGreaterThanOrEqual(1e9);
      }
      const silences = stalls.map(({ silentNs }) => silentNs);
      expect(silences, random.seedText).toEqual(silences.toSorted((a, b) => b - a));
    }
  });
});

describe('the "now" figures', () => {
  test("cover the last 5 s, while the window's mean still looks healthy", () => {
    const empty = aRequest({ startNs: 0n });
    const requests = Array.from({ length: 50 }, (_, i) => ended(6_000 + i * 100));
    const spread = [...requests, ended(100)].flatMap((request) => [request, empty, empty, empty]);
    const snapshot = takeSnapshot(aSnapshotInput(spread, { trees: TREES }));
    expect(snapshot.nowSec).toBe(5);
    expect(snapshot.total.figures.requests).toBe(51);
    expect(snapshot.total.now.requests).toBe(1);
    expect(snapshot.byShare(1)[0]?.now.requests).toBe(1);
  });
});
