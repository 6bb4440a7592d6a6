// The Live document: it matches its schema whatever is in the table, and it is bounded.

import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { liveSchema } from "../../src/api/live.ts";
import { makeLive } from "../../src/live/live.ts";
import { takeSnapshot } from "../../src/live/snapshot.ts";
import { COMMAND } from "../../src/model/command.ts";
import { KIND } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { anIncident } from "../helpers/incident.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aSnapshotInput, NOW_NS } from "./snapshot-input.ts";

const NOW_MS = NOW_NS / 1e6;
const CONTEXT = { epochMs: Date.UTC(2026, 10, 23), isWatching: true, incidents: [], losses: {} };

function liveOf(requests: readonly Request[], parts: Parameters<typeof aSnapshotInput>[1] = {}) {
  const input = aSnapshotInput(requests, parts);
  return makeLive(takeSnapshot(input), input.table, CONTEXT);
}

describe("a live document", () => {
  test("of an empty table has zeros and no request", () => {
    const live = liveOf([]);
    expect(v.parse(liveSchema, live)).toEqual(live);
    expect(live.total).toEqual({
      requests: 0,
      rate_per_sec: 0,
      errors: 0,
      p50_ms: null,
      p99_ms: null,
      max_ms: null,
    });
    expect(live.in_flight).toEqual([]);
    expect(live.seconds).toHaveLength(300);
  });

  test("matches its schema and its limits, whatever is in the table", () => {
    const random = seeded();
    const requests = Array.from({ length: 20_000 }, (_, i) =>
      aRequest({
        startNs: BigInt(random.int(0, 2 ** 31)) * BigInt(random.int(1, 2 ** 31)),
        latencyNs: random.chance(0.2) ? 0 : random.int(1, 2 ** 45),
        treeId: random.int(0, 300),
        processId: i,
        taskId: i,
        command: random.int(0, 255),
        flags: random.int(0, 255),
        ntStatus: random.int(0, 2 ** 32 - 1),
        kind: KIND.REQUEST,
        comm: "\u001b[31mred",
      }),
    );
    const live = liveOf(requests);
    expect(v.parse(liveSchema, live), random.seedText).toEqual(live);
    const { share, process } = live.groups;
    for (const list of [share, process, live.in_flight]) expect(list.length).toBeLessThanOrEqual(100);
    expect(live.seconds.length).toBeLessThanOrEqual(300);
  });

  test("leaves out a request whose line another one has taken since", () => {
    const open = { latencyMs: 0, startMs: NOW_MS - 5000 };
    const [gone, stays] = [aRequest({ ...open, comm: "cp" }), aRequest({ ...open, comm: "postgres" })];
    const input = aSnapshotInput([gone, stays]);
    const snapshot = takeSnapshot(input);
    const after = aSnapshotInput([aRequest({ startMs: NOW_MS, latencyMs: 0, comm: "thief" }), stays]);
    const live = makeLive(snapshot, after.table, CONTEXT);
    expect(live.in_flight.map(({ comm }) => comm)).toEqual(["postgres"]);
    expect(live.in_flight_total).toBe(2);
  });

  test("has only whole seconds that the recorder covers, the last one last", () => {
    const at = (agoMs: number) => aRequest({ startMs: NOW_MS - agoMs - 1, latencyMs: 1 });
    const { seconds, last_second } = liveOf([at(500), at(1_500), at(1_600), aRequest({ startNs: 0n })], {
      nowNs: NOW_NS + 0.4e9,
      watchingSinceNs: NOW_NS - 3.5e9,
    });
    expect(seconds.map(({ requests }) => requests)).toEqual([0, 2, 1]);
    expect(last_second).toBe(NOW_NS / 1e9 - 1);
  });

  test("counts each latency of the window in one bucket of the histogram", () => {
    const ended = (latencyMs: number) => aRequest({ startMs: NOW_MS - latencyMs - 1, latencyMs });
    const latencies = [0.01, 0.0625, 0.9, 1, 5, 17_000];
    const live = liveOf([...latencies.map(ended), aRequest({ startNs: 0n }), aRequest({ startNs: 0n })], {
      watchingSinceNs: NOW_NS - 60e9,
    });
    const counted = live.histogram.filter(({ requests }) => requests > 0);
    expect(counted).toEqual([
      { upto_ms: 0.0625, requests: 1 },
      { upto_ms: 0.125, requests: 1 },
      { upto_ms: 1, requests: 1 },
      { upto_ms: 2, requests: 1 },
      { upto_ms: 8, requests: 1 },
      { upto_ms: null, requests: 1 },
    ]);
  });

  test("lists open requests oldest first, and those that may block indefinitely last", () => {
    const open = (agoMs: number, command: number) =>
      aRequest({ startMs: NOW_MS - agoMs, latencyMs: 0, command });
    const { SMB2_READ, SMB2_CHANGE_NOTIFY } = COMMAND;
    const begun = [{ startNs: BigInt(NOW_NS - 2e9), xid: 1, taskId: 11, processId: 10, comm: "cp" }];
    const live = liveOf([open(90_000, SMB2_CHANGE_NOTIFY), open(5, SMB2_READ), open(7_000, SMB2_READ)], {
      begun,
    });
    expect(live.in_flight.map(({ command, age_ms }) => [command, age_ms])).toEqual([
      ["SMB2_READ", 7_000],
      [null, 2_000],
      ["SMB2_READ", 5],
      ["SMB2_CHANGE_NOTIFY", 90_000],
    ]);
    expect(live.in_flight_total).toBe(4);
  });

  test("has the newest incidents first, and only losses over 0", () => {
    const input = aSnapshotInput();
    const incidents = [1, 3, 2].map((openedAtMs) => anIncident({ openedAtMs, lastAtMs: openedAtMs }));
    const losses = { ring_full: 3, forgotten: 0, entered: 99 };
    const live = makeLive(takeSnapshot(input), input.table, { ...CONTEXT, incidents, losses });
    expect(live.incidents.map(({ opened_at }) => Date.parse(opened_at))).toEqual([3, 2, 1]);
    expect(live.losses).toEqual({ ring_full: 3 });
  });
});
