// The histograms that the programs keep (bpf/histogram.h).

import { expect, test } from "bun:test";
import { COMMAND } from "../../src/model/command.ts";
import { GEOMETRY, HISTOGRAM_SHAPE } from "../../src/model/request.gen.ts";
import type { Operation } from "./driver.ts";
import { CIFSD, describeBuilds, done, enter, err, READ, SESSION, silence, WRITE } from "./script.ts";

describeBuilds("histograms", (play) => {
  /** The bucket of a latency: struct aod_histogram, bpf/request.h. */
  function bucketOf(latencyNs: number): number {
    const log = Math.floor(Math.log2(latencyNs));
    if (log < HISTOGRAM_SHAPE.FIRST_LOG2) return 0;
    if (log >= HISTOGRAM_SHAPE.LAST_LOG2) return HISTOGRAM_SHAPE.BUCKETS - 1;
    const step = Math.floor((latencyNs / 2 ** log - 1) * 2 ** HISTOGRAM_SHAPE.STEPS_LOG2);
    return 1 + ((log - HISTOGRAM_SHAPE.FIRST_LOG2) << HISTOGRAM_SHAPE.STEPS_LOG2) + step;
  }

  test("count every reply by its tree's slot and its command, errors apart", async () => {
    const tree = (sessionId: bigint, treeId: number, slot: number): Operation => ({
      verb: "tree",
      sessionId,
      treeId,
      slot,
    });
    const { histograms, lines } = await play([
      tree(SESSION, 1, 3),
      tree(SESSION + 4n, 1, 4),
      tree(SESSION, 5, 99),
      enter(0, 1, READ, 7n),
      done(CIFSD, READ, 7n),
      enter(0, 1, READ, 8n),
      err(CIFSD, READ, 8n),
      enter(0, 1, WRITE, 9n, SESSION + 4n),
      done(CIFSD, WRITE, 9n, SESSION + 4n),
      enter(0, 2, READ, 10n),
      done(CIFSD, READ, 10n),
      enter(0, 5, READ, 11n),
      done(CIFSD, READ, 11n),
      enter(0, 0, COMMAND.SMB2_NEGOTIATE, 0n, 0n),
      done(0, COMMAND.SMB2_NEGOTIATE, 0n, 0n),
    ]);
    const last = GEOMETRY.SHARE_SLOTS - 1;
    const counted = histograms.map(({ slot, command, errors, buckets }) => ({
      slot,
      command,
      errors,
      replies: [...buckets.values()].reduce((sum, count) => sum + count, 0),
    }));
    expect(counted).toEqual([
      { slot: 3, command: READ, errors: 1, replies: 2 },
      { slot: 4, command: WRITE, errors: 0, replies: 1 },
      { slot: last, command: COMMAND.SMB2_NEGOTIATE, errors: 0, replies: 1 },
      { slot: last, command: READ, errors: 0, replies: 2 },
    ]);
    const write = histograms.find(({ command }) => command === WRITE);
    const latencyNs = lines.find(({ command }) => command === WRITE)?.latencyNs ?? 0;
    expect(write?.sumNs).toBe(latencyNs);
    expect([...(write?.buckets.keys() ?? [])]).toEqual([bucketOf(latencyNs)]);
  });

  test("have each latency in the bucket of its size", async () => {
    const requests = Array.from({ length: 300 }, (_, i) => enter(0, i + 1, WRITE, BigInt(i)));
    const replies = Array.from({ length: 300 }, (_, i) => done(CIFSD, WRITE, BigInt(i)));
    const { histograms, lines } = await play([...silence, ...requests, ...replies]);
    const expected = new Map<number, number>();
    for (const { latencyNs } of lines) {
      expected.set(bucketOf(latencyNs), (expected.get(bucketOf(latencyNs)) ?? 0) + 1);
    }
    expect(histograms).toHaveLength(1);
    expect(new Map([...(histograms[0]?.buckets ?? [])].sort())).toEqual(new Map([...expected].sort()));
    expect(histograms[0]?.sumNs).toBe(lines.reduce((sum, { latencyNs }) => sum + latencyNs, 0));
  });
});
