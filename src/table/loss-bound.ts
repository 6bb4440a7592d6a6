// Since when the request table is complete as a flight recorder. In: when each line's request started and ended; out: the moment
// from which on no request is missing. Knows sets and lines, not what a request means.

import { GEOMETRY } from "../model/request.gen.ts";

/**
 * Every request that started from here on and was not evicted while open is in the table, ns of CLOCK_MONOTONIC; -Infinity
 * where no set was ever full.
 * @param starts by line, ns of CLOCK_MONOTONIC: 0 for an empty line, Infinity for one that is being written.
 * @param ends by line, of complete requests; Infinity for the others.
 * @param nowNs when the table was read.
 */
export function findLossBoundNs(starts: Float64Array, ends: Float64Array, nowNs: number): number {
  let bound = -Infinity;
  for (let first = 0; first < starts.length; first += GEOMETRY.SET_LINES)
    bound = Math.max(bound, boundOfSetNs(starts, ends, first, nowNs));
  return bound;
}

/**
 * All that this set has lost started before this moment; -Infinity for a set that was never full.
 *
 * A request takes the place of the set's oldest complete one. So what had to go for line L started before every
 * other line that was complete when L started; where none was, all that is known is that it started before L. What
 * has gone for a line that has gone itself started even earlier. The latest bound over the set's lines holds for all.
 */
function boundOfSetNs(starts: Float64Array, ends: Float64Array, first: number, nowNs: number): number {
  let bound = -Infinity;
  const behind = first + GEOMETRY.SET_LINES;
  for (let line = first; line < behind; line++) {
    const start = starts[line] as number;
    if (start === 0) return -Infinity;
    const entered = Math.min(start, nowNs);
    let oldest = entered;
    for (let other = first; other < behind; other++)
      if ((ends[other] as number) < entered) oldest = Math.min(oldest, starts[other] as number);
    bound = Math.max(bound, oldest);
  }
  return bound;
}
