// A sliding window over the share of replies that count, errors or slow ones: in goes the time of one that counts, out comes whether the rule
// trips. How many replies there were in all is asked of the kernel's own counters, so that healthy ones make no event.
// Pure: it reads no clock, and the counters are handed in.
//
// Observation begins with the first error: what was before is not known. That error opens it and is not counted, or
// every second error would look twice as frequent as it is. Later the window is made of slices, each with the reply
// counter at its first error; when the oldest goes, the observation begins with the first error of the next.
//
//   errors    x      x  x          x     x
//   slices    |  1   |     2       |  3  |…          of SLICES in a window
//   counted          ----------------------  4 of the replies since the first
//
// Memory does not depend on the traffic. The counters are read once in REFRESHES of a window at the most.

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

  /** @param repliesNow all replies of the rule's commands on its share so far, modulo 2^32. */
  constructor(rate: RateLimit, windowNs: number, repliesNow: () => number) {
    this.#rate = rate;
    this.#windowNs = windowNs;
    this.#repliesNow = repliesNow;
  }

  /** Whether the latest errors trip it, as far as the counters were read. */
  get isFull(): boolean {
    return this.#full;
  }

  /** How near the latest errors came, as far as the counters were read. */
  get fullness(): Fullness {
    return this.#fullness;
  }

  /** The part of the way to the trip: 1 and above is one. */
  get ratio(): number {
    return this.#fullness.ratio;
  }

  /** Takes an error; true if they are too large a share with it. */
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
    // The counter wraps.
    const replies = (this.#replies - (this.#slices[0]?.repliesBefore ?? this.#replies)) >>> 0;
    const counted = this.#slices.reduce((sum, slice) => sum + slice.errors, -1);
    const { acceptableShare, minReplies } = this.#rate;
    const isOver = counted >= acceptableShare * replies;
    const ofShare = replies === 0 ? 0 : counted / replies / acceptableShare;
    // Both conditions have to hold: the one that is further away decides.
    this.#fullness = { counted, replies, ratio: Math.min(ofShare, replies / minReplies) };
    return replies >= minReplies && isOver;
  }
}
