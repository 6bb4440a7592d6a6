// The kernel's histograms of 122 buckets as the few that monitoring can keep. In: counts by the kernel's bucket; out:
// cumulative counts by BOUNDS. Pure. Every bound is exactly one of the kernel's, so that nothing is guessed.

import { bucketOf } from "../model/tally.ts";

/** Powers of two, ns: 66 µs to 1.07 s by doubling, then by four to 69 s, where cifs has long given up. */
const LOG2S = [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 34, 36] as const;

export interface Bound {
  /** In seconds, as `le` says it: exact, for 2^n ns has no more than nine decimals. */
  readonly text: string;
  /** The kernel's buckets below it. */
  readonly buckets: number;
}

/** Upper bounds, smallest first, without the last, which is infinity. */
export const BOUNDS: readonly Bound[] = LOG2S.map((log2) => ({
  text: (2 ** log2 / 1e9).toFixed(9).replace(/0+$/, ""),
  // The one that begins there is the first that is not below.
  buckets: bucketOf(2 ** log2),
}));

/** @returns for each of BOUNDS how many took less; the whole is the last. */
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
