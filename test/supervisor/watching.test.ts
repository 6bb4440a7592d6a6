// What watches, with a real detector and the imitation of the kernel side.

import { afterEach, describe, expect, test } from "bun:test";
import { Client } from "../../src/demo/traffic.ts";
import { Imitation } from "../../src/kernel/imitation.ts";
import type { Anomaly } from "../../src/model/anomaly.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { KnownTree } from "../../src/model/share.ts";
import { LossWatch } from "../../src/supervisor/loss-watch.ts";
import { Watching } from "../../src/supervisor/watching.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** Trips at the first reply. */
const EVERY_REPLY = aLatencyRule({ slowMs: 0, emergencyMs: Infinity, windowMs: 60_000, acceptableCount: 1 });

const opened: Watching[] = [];
afterEach(async () => {
  for (const watching of opened.splice(0)) if (await watching.detector.stop(1000)) watching.release();
});

function open(source = new Imitation()) {
  const anomalies: Anomaly[] = [];
  const failures: Failure[] = [];
  let starts = 0;
  const watching = new Watching({
    ...{ source, watch: undefined, sourceName: "demo" },
    spawn: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
    consequences: {
      tell: () => undefined,
      lost: () => undefined,
      end: (failure) => failures.push(failure),
    },
    desk: {
      shares: [] as readonly KnownTree[],
      detectorStarted: () => {
        starts += 1;
      },
      observe: (anomaly) => anomalies.push(anomaly),
      recover: () => undefined,
    },
    losses: new LossWatch(
      () => source.counters(),
      () => undefined,
    ),
  });
  opened.push(watching);
  return { source, watching, anomalies, failures, starts: () => starts };
}

function answerOne(source: Imitation): void {
  const call = new Client().one("SMB2_FLUSH");
  source.traffic.enter(call);
  source.traffic.done(call);
}

describe("what watches", () => {
  test("watches from when its detector works, not before", async () => {
    const { watching, starts } = open();
    watching.apply([EVERY_REPLY]);
    expect([watching.isWatching, watching.sinceNs]).toEqual([false, undefined]);
    const before = monotonicNs();
    watching.detector.start();
    await waitUntil(() => watching.isWatching);
    expect(watching.sinceNs).toBeGreaterThan(before);
    expect(starts()).toBe(1);
  });

  test("gives the rules that were applied before the start, and those after it", async () => {
    const { source, watching, anomalies } = open();
    watching.apply([]);
    watching.detector.start();
    await waitUntil(() => watching.isWatching);
    watching.apply([EVERY_REPLY]);
    // The detector takes the rules when it wakes: replies until then are counted by none.
    await waitUntil(() => {
      answerOne(source);
      return anomalies.length > 0;
    });
    expect(anomalies[0]?.rule).toBe(EVERY_REPLY.name);
  });

  test("has the rules before where the kernel refuses new ones", async () => {
    const { source, watching, anomalies } = open();
    watching.apply([EVERY_REPLY]);
    source.applyRules = () => {
      throw new Error("EPERM");
    };
    expect(() => watching.apply([])).toThrow("EPERM");
    watching.detector.start();
    await waitUntil(() => watching.isWatching);
    answerOne(source);
    await waitUntil(() => anomalies.length > 0);
    expect(anomalies[0]?.rule).toBe(EVERY_REPLY.name);
  });
});
