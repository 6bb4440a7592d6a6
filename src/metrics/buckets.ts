// Reduces the kernel's histograms of 122 buckets to the few that monitoring can store. Pure. Every bound is exactly a
// bound of the kernel's histogram, so nothing is interpolated.

import { bucketOf } from "../model/tally.ts";

/** Powers of two, ns: 66 µs to 1.07 s by doubling, then by four to 69 s, when cifs has long given up. */
const LOG2S = [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 34, 36] as const;

export interface Bound {
  /** Value of `le` in seconds; exact, because 2^n ns has at most nine decimals. */
  readonly text: string;
  /** Number of the kernel's buckets below the bound. */
  readonly buckets: number;
}

/** Upper bounds, smallest first, without the last one, infinity. */
export const BOUNDS: readonly Bound[] = LOG2S.map((log2) => ({
  text: (2 ** log2 / 1e9).toFixed(9).replace(/0+$/, ""),
  // The bucket that begins at the bound is the first one that is not below it.
  buckets: bucketOf(2 ** log2),
}));

/** @returns `below`: for each of BOUNDS the number of replies that took less; `count`: all replies. */
export function cumulate(counts: Float64Array): {
  readonly below: readonly number[];
  readonly count: number;
} {
  const below: number[] = [];
  let sum = 0;
  let next = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    if (bucket === BOUNDS[next]?.buckets) {
      below.push(sum);
      next++;
    }
    sum += counts[bucket] ?? 0;
  }
  return { below, count: sum };
}
