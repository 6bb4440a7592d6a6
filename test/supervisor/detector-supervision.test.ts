// The supervision of a real detector, with the imitation of the kernel side.

import { afterEach, describe, expect, test } from "bun:test";
import { Client } from "../../src/demo/traffic.ts";
import { Imitation } from "../../src/kernel/imitation.ts";
import type { Anomaly } from "../../src/model/anomaly.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { KnownTree } from "../../src/model/share.ts";
import { DetectorSupervision } from "../../src/supervisor/detector-supervision.ts";
import { LossWatch } from "../../src/supervisor/loss-watch.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** Trips at the first reply. */
const EVERY_REPLY = aLatencyRule({ slowMs: 0, emergencyMs: Infinity, windowMs: 60_000, acceptableCount: 1 });

const opened: DetectorSupervision[] = [];
afterEach(async () => {
  for (const supervision of opened.splice(0))
    if (await supervision.detector.stop(1000)) supervision.release();
});

function open(source = new Imitation()) {
  const anomalies: Anomaly[] = [];
  const failures: Failure[] = [];
  let starts = 0;
  const supervision = new DetectorSupervision({
    origin: { kind: "demo", source },
    spawn: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
    failureHandlers: {
      publish: () => undefined,
      lost: () => undefined,
      end: (failure) => failures.push(failure),
    },
    incidents: {
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
  opened.push(supervision);
  return { source, supervision, anomalies, failures, starts: () => starts };
}

function answerOne(source: Imitation): void {
  const call = new Client().one("SMB2_FLUSH");
  source.traffic.enter(call);
  source.traffic.done(call);
}

describe("the supervision of the detector", () => {
  test("is watching when its detector works, not before", async () => {
    const { supervision, starts } = open();
    supervision.apply([EVERY_REPLY]);
    expect([supervision.isWatching, supervision.sinceNs]).toEqual([false, undefined]);
    const before = monotonicNs();
    supervision.detector.start();
    await waitUntil(() => supervision.isWatching);
    expect(supervision.sinceNs).toBeGreaterThan(before);
    expect(starts()).toBe(1);
  });

  test("passes on the rules that were applied before the start, and those after it", async () => {
    const { source, supervision, anomalies } = open();
    supervision.apply([]);
    supervision.detector.start();
    await waitUntil(() => supervision.isWatching);
    supervision.apply([EVERY_REPLY]);
    // The detector takes the rules when it wakes: replies until then are not counted.
    await waitUntil(() => {
      answerOne(source);
      return anomalies.length > 0;
    });
    expect(anomalies[0]?.rule).toBe(EVERY_REPLY.name);
  });

  test("keeps the previous rules if the kernel refuses new ones", async () => {
    const { source, supervision, anomalies } = open();
    supervision.apply([EVERY_REPLY]);
    source.applyRules = () => {
      throw new Error("EPERM");
    };
    expect(() => supervision.apply([])).toThrow("EPERM");
    supervision.detector.start();
    await waitUntil(() => supervision.isWatching);
    answerOne(source);
    await waitUntil(() => anomalies.length > 0);
    expect(anomalies[0]?.rule).toBe(EVERY_REPLY.name);
  });
});
