// A sliding window over the percentage of replies that count, errors or slow ones. The number of all replies comes from
// the kernel's counters, so that healthy replies cause no event. Pure: it reads no clock, and the counters are handed
// in.
//
// Observation begins with the first error, because what came before is unknown. That error opens the observation and is
// not counted, or every second error would seem twice as frequent as it is. The window then consists of slices, each
// with the reply counter at its first error; when the oldest slice is dropped, the observation begins with the first
// error of the next.
//
//   errors    x      x  x          x     x
//   slices    |  1   |     2       |  3  |…          of SLICES in a window
//   counted          ----------------------  4 of the replies since the first
//
// Memory does not depend on traffic. The counters are read REFRESHES times in a window at most.

import type { Fullness } from "../model/approach.ts";
import type { RateLimit } from "../model/rule.ts";

const SLICES = 20;
const REFRESHES = 100;

interface Slice {
  readonly beginNs: number;
  readonly repliesBefore: number;
  errors: number;
}

export class RateWindow {
  readonly #rate: RateLimit;
  readonly #windowNs: number;
  readonly #repliesNow: () => number;
  readonly #slices: Slice[] = [];
  #newestNs = -Infinity;
  #refreshedNs = -Infinity;
  #replies = 0;
  #full = false;
  #fullness: Fullness = { counted: 0, replies: 0, ratio: 0 };

  /** @param repliesNow counts all replies to the rule's commands on its share so far, modulo 2^32. */
  constructor(rate: RateLimit, windowNs: number, repliesNow: () => number) {
    this.#rate = rate;
    this.#windowNs = windowNs;
    this.#repliesNow = repliesNow;
  }

  /** Whether the latest errors trip the rule, as of the last read of the counters. */
  get isFull(): boolean {
    return this.#full;
  }

  /** How near the latest errors came to that, as of the last read of the counters. */
  get fullness(): Fullness {
    return this.#fullness;
  }

  /** Progress towards a trip: 1 or more trips. */
  get ratio(): number {
    return this.#fullness.ratio;
  }

  /** Takes an error. @returns whether the rule trips. */
  add(timeNs: number): boolean {
    this.#newestNs = Math.max(this.#newestNs, timeNs);
    const nowNs = this.#newestNs;
    while (this.#slices[0] !== undefined && this.#slices[0].beginNs < nowNs - this.#windowNs)
      this.#slices.shift();
    if (this.#slices.length === 0) this.#full = false;
    const isDue = nowNs - this.#refreshedNs >= this.#windowNs / REFRESHES;
    const last = this.#slices.at(-1);
    const isNew = last === undefined || nowNs - last.beginNs >= this.#windowNs / SLICES;
    if (isDue || isNew) {
      this.#refreshedNs = nowNs;
      this.#replies = this.#repliesNow();
    }
    if (isNew) this.#slices.push({ beginNs: nowNs, repliesBefore: this.#replies, errors: 1 });
    else last.errors += 1;
    if (isDue || isNew) this.#full = this.#judge();
    return this.#full;
  }

  #judge(): boolean {
    // `>>> 0`: the counter wraps at 2^32.
    const replies = (this.#replies - (this.#slices[0]?.repliesBefore ?? this.#replies)) >>> 0;
    const counted = this.#slices.reduce((sum, slice) => sum + slice.errors, -1);
    const { acceptableShare, minReplies } = this.#rate;
    const isOver = counted >= acceptableShare * replies;
    const ofShare = replies === 0 ? 0 : counted / replies / acceptableShare;
    // Both conditions must hold: the one that is further away decides.
    this.#fullness = { counted, replies, ratio: Math.min(ofShare, replies / minReplies) };
    return replies >= minReplies && isOver;
  }
}
