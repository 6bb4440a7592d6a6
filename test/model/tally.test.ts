// The shape of the histograms: what a bucket is of.

import { describe, expect, test } from "bun:test";
import { HISTOGRAM_SHAPE } from "../../src/model/request.gen.ts";
import { bucketOf } from "../../src/model/tally.ts";
import { bucketBoundNs } from "../helpers/bucket-bounds.ts";

const LAST = HISTOGRAM_SHAPE.BUCKETS - 1;

describe("buckets", () => {
  test("follow each other without a gap: the bound of one is the first latency of the next", () => {
    for (let bucket = 0; bucket < LAST; bucket++) {
      expect(bucketOf(bucketBoundNs(bucket) - 1)).toBe(bucket);
      expect(bucketOf(bucketBoundNs(bucket))).toBe(bucket + 1);
    }
  });

  test("are a quarter of their power of two wide at most", () => {
    for (let bucket = 2; bucket < LAST; bucket++)
      expect(bucketBoundNs(bucket) / bucketBoundNs(bucket - 1)).toBeLessThanOrEqual(1.25);
  });

  test("begin at nothing, and the last has no end", () => {
    expect(bucketOf(0)).toBe(0);
    expect(bucketOf(2 ** HISTOGRAM_SHAPE.LAST_LOG2 * 1000)).toBe(LAST);
    expect(bucketBoundNs(LAST)).toBe(Infinity);
  });
});
