import { describe, expect, test } from "bun:test";
import { BOUNDS, cumulate } from "../../src/metrics/buckets.ts";
import { HISTOGRAM_SHAPE } from "../../src/model/request.gen.ts";
import { bucketOf } from "../../src/model/tally.ts";
import { bucketBoundNs } from "../helpers/bucket-bounds.ts";
import { seeded } from "../helpers/random.ts";

describe("the buckets of metrics", () => {
  test("have exact bounds of the kernel's histogram, in seconds, smallest first", () => {
    const bounds = BOUNDS.map(({ text }) => Number(text));
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    for (const { text, buckets } of BOUNDS) {
      expect(Math.round(Number(text) * 1e9)).toBe(bucketBoundNs(buckets - 1));
      expect(text).toMatch(/^\d+\.\d{1,9}$/);
    }
  });

  test("count the replies that took less than each bound, for any latencies", () => {
    const random = seeded();
    for (let round = 0; round < 50; round++) {
      const latencies = Array.from({ length: 200 }, () => Math.floor(2 ** (random.int(0, 4200) / 100)));
      const counts = new Float64Array(HISTOGRAM_SHAPE.BUCKETS);
      for (const latency of latencies) counts[bucketOf(latency)] = (counts[bucketOf(latency)] ?? 0) + 1;
      const { below, count } = cumulate(counts);
      expect(count).toBe(latencies.length);
      expect(below).toEqual(
        BOUNDS.map(
          ({ text }) => latencies.filter((latency) => latency < Math.round(Number(text) * 1e9)).length,
        ),
      );
      expect(below).toEqual(below.toSorted((a, b) => a - b));
    }
  });
});
