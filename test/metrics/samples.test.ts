import { describe, expect, test } from "bun:test";
import { encode } from "../../src/metrics/exposition.ts";
import { makeSamples, type Readings, ShareNames } from "../../src/metrics/samples.ts";
import { COMMAND } from "../../src/model/command.ts";
import { LOSS_CAUSES } from "../../src/model/losses.ts";
import { GEOMETRY, HISTOGRAM_SHAPE } from "../../src/model/request.gen.ts";
import { type KnownTree, LAST_SLOT } from "../../src/model/share.ts";
import { bucketOf, type ReplyHistogram } from "../../src/model/tally.ts";
import { anIncident } from "../helpers/incident.ts";
import { readMetrics } from "../helpers/metrics-text.ts";
import { seeded } from "../helpers/random.ts";

const NOTHING: Readings = {
  refused: {},
  tallies: { histograms: [], statuses: [] },
  operationErrors: [],
  shares: [],
  open: [],
  waitingOperations: 0,
  sent: 0,
  losses: {},
  incidents: [],
  moduleReferences: 0,
  isAttached: false,
  suppressed: {},
  startedAtMs: 0,
  troubles: [],
  isAgeSuspended: false,
  cost: { cpuSeconds: 0, residentBytes: 0, kernelMapBytes: 0 },
};

function aTree(slot: number, share = `//files/${slot}`): KnownTree {
  const about = { connectionId: undefined, dialect: undefined, encrypted: false };
  return { sessionId: 1n, treeId: slot, share, slot, ...about };
}

function aHistogram(slot: number, command: number, latenciesMs: readonly number[]): ReplyHistogram {
  const buckets = new Float64Array(HISTOGRAM_SHAPE.BUCKETS);
  for (const latencyMs of latenciesMs) {
    const bucket = bucketOf(latencyMs * 1e6);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  const sumNs = latenciesMs.reduce((sum, latencyMs) => sum + latencyMs * 1e6, 0);
  return { slot, command, sumNs, errors: 0, buckets };
}

function read(readings: Partial<Readings>, names = new ShareNames()) {
  const text = encode(makeSamples({ ...NOTHING, ...readings }, names), "openmetrics");
  const families = readMetrics(text, "openmetrics");
  return (name: string) =>
    (families.get(name)?.samples ?? []).map(({ labels, value }) => [...Object.values(labels), value]);
}

describe("the daemon", () => {
  test("has samples on its attachment, its start and its suppressed captures", () => {
    const of = read({ isAttached: true, startedAtMs: 5000, suppressed: { cooldown: 2, bytes: 1 } });
    expect(of("aod_attached")).toEqual([[1]]);
    expect(of("aod_start_time_seconds")).toEqual([[5]]);
    expect(of("aod_captures_suppressed")).toEqual([
      ["cooldown", 2],
      ["bytes", 1],
    ]);
  });
});

test("operations that failed without a request are counted by errno and class", () => {
  const operationErrors = [
    { errno: 112, count: 7 },
    { errno: 25, count: 2 },
    { errno: 255, count: 1 },
  ];
  expect(read({ operationErrors })("aod_operation_errors")).toEqual([
    ["EHOSTDOWN", "failure", 7],
    ["ENOTTY", "everyday", 2],
    ["255", "step", 1],
  ]);
});

describe("replies", () => {
  test("are counted by share and command", () => {
    const shares = [aTree(0, "//files/db")];
    const histograms = [
      aHistogram(0, COMMAND.SMB2_READ, [1, 2]),
      aHistogram(LAST_SLOT, COMMAND.SMB2_WRITE, [5]),
    ];
    const of = read({ shares, tallies: { histograms, statuses: [] } });
    expect(of("aod_requests")).toEqual([
      ["//files/db", "SMB2_READ", 2],
      ["other", "SMB2_WRITE", 1],
    ]);
  });

  test("of shares whose names are equal after escaping and cutting are added up", () => {
    const long = `//files/${"x".repeat(300)}`;
    const shares = [aTree(0, `${long}a`), aTree(1, `${long}b`)];
    const histograms = [aHistogram(0, 8, [1]), aHistogram(1, 8, [1, 1])];
    const of = read({ shares, tallies: { histograms, statuses: [] } });
    expect(of("aod_requests").map((row) => row.at(-1))).toEqual([3]);
  });

  test("keep the name of their share after its trees are gone", () => {
    const names = new ShareNames();
    read({ shares: [aTree(3, "//files/db")] }, names);
    const of = read({ tallies: { histograms: [aHistogram(3, 8, [1])], statuses: [] } }, names);
    expect(of("aod_requests")).toEqual([["//files/db", "SMB2_READ", 1]]);
  });

  test("are encoded as histograms that never decrease, end with all replies, and have a sum", () => {
    const random = seeded();
    const latencies = Array.from({ length: 300 }, () => random.int(0, 2_000_000) / 1000);
    const histograms = [aHistogram(0, 8, latencies), aHistogram(LAST_SLOT, 8, latencies)];
    const text = encode(
      makeSamples({ ...NOTHING, tallies: { histograms, statuses: [] } }, new ShareNames()),
      "text",
    );
    const { samples = [] } = readMetrics(text, "text").get("aod_request_duration_seconds") ?? {};
    const counts = samples.filter(({ name }) => name.endsWith("_bucket")).map(({ value }) => value);
    const of = (suffix: string) => samples.find(({ name }) => name.endsWith(suffix))?.value;
    expect(counts, random.seedText).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(600);
    expect(of("_count")).toBe(600);
    expect(of("_sum")).toBeCloseTo((2 * latencies.reduce((sum, one) => sum + one, 0)) / 1000, 6);
  });

  test("that are errors have the class of their status for the command", () => {
    const one = { slot: LAST_SLOT, count: 1 };
    const statuses = [
      { ...one, ntStatus: 0xc0000034, command: COMMAND.SMB2_CREATE },
      { ...one, ntStatus: 0xc0000016, command: COMMAND.SMB2_SESSION_SETUP },
      { ...one, ntStatus: 0xc00000b5, command: COMMAND.SMB2_READ },
      { ...one, ntStatus: 0xdeadbeef, command: COMMAND.SMB2_READ },
      { ...one, ntStatus: undefined, command: COMMAND.SMB2_READ },
    ];
    const of = read({ tallies: { histograms: [], statuses } });
    expect(of("aod_request_errors")).toEqual([
      ["other", "SMB2_CREATE", "STATUS_OBJECT_NAME_NOT_FOUND", "everyday", 1],
      ["other", "SMB2_SESSION_SETUP", "STATUS_MORE_PROCESSING_REQUIRED", "step", 1],
      ["other", "SMB2_READ", "STATUS_IO_TIMEOUT", "failure", 1],
      ["other", "SMB2_READ", "0xDEADBEEF", "failure", 1],
      ["other", "SMB2_READ", "other", "failure", 1],
    ]);
  });
});

describe("open requests", () => {
  test("have a sample for every known share, 0 for an idle one", () => {
    const open = [{ share: "//files/0", inFlight: 3, oldestAgeNs: 2.5e9 }];
    const of = read({ shares: [aTree(0), aTree(1)], open });
    expect(of("aod_requests_in_flight")).toEqual([
      ["//files/0", 3],
      ["//files/1", 0],
      ["other", 0],
    ]);
    expect(of("aod_oldest_request_in_flight_seconds")[0]).toEqual(["//files/0", 2.5]);
  });

  test("on shares beyond the kernel's slots are one sample: their number, and the oldest age", () => {
    const open = Array.from({ length: 500 }, (_, i) => ({
      share: `//evil/${i}`,
      inFlight: 1,
      oldestAgeNs: i * 1e9,
    }));
    const of = read({ open });
    expect(of("aod_requests_in_flight")).toEqual([["other", 500]]);
    expect(of("aod_oldest_request_in_flight_seconds")).toEqual([["other", 499]]);
  });
});

test("samples of open incidents are bounded for any number of shares", () => {
  const incidents = Array.from({ length: 300 }, (_, i) => anIncident({ share: `//evil/${i}` }));
  const rows = read({ incidents })("aod_incidents_open");
  expect(rows).toHaveLength(101);
  expect(rows.at(-1)).toEqual(["slow", "slow", "other", "other", "availability", 200]);
});

test("every cause of a loss has a sample from the start", () => {
  const rows = read({ losses: { ring_full: 7, entered: 5 } })("aod_losses");
  expect(rows.map(([cause]) => cause)).toEqual(Object.keys(LOSS_CAUSES));
  expect(rows.filter(([, value]) => value !== 0)).toEqual([["ring_full", 7]]);
});

test("the number of samples is bounded by the counts of the kernel", () => {
  const cells = GEOMETRY.SHARE_SLOTS * GEOMETRY.COMMANDS;
  const histograms = Array.from({ length: cells }, (_, i) =>
    aHistogram(Math.floor(i / GEOMETRY.COMMANDS), i % GEOMETRY.COMMANDS, [1]),
  );
  const shares = Array.from({ length: LAST_SLOT }, (_, slot) => aTree(slot));
  expect(read({ shares, tallies: { histograms, statuses: [] } })("aod_requests")).toHaveLength(cells);
});
