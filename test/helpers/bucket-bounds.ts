// The bounds of the kernel's histogram, worked out from its shape alone: what `bucketOf` and metrics are held against.

import { HISTOGRAM_SHAPE } from "../../src/model/request.gen.ts";

const { FIRST_LOG2, STEPS_LOG2, BUCKETS } = HISTOGRAM_SHAPE;
const STEPS = 1 << STEPS_LOG2;

/** Latencies in this bucket are below it, ns; Infinity for the last. */
export function bucketBoundNs(bucket: number): number {
  if (bucket >= BUCKETS - 1) return Infinity;
  const power = FIRST_LOG2 + ((bucket - 1) >> STEPS_LOG2);
  return bucket === 0 ? 2 ** FIRST_LOG2 : 2 ** power * (1 + (((bucket - 1) % STEPS) + 1) / STEPS);
}
