// How near one rule came to tripping within the last hour, over all its shares: keeps the fullest state of its windows.
// Pure: time is an argument. There is one bucket for each minute, so memory does not depend on traffic, and the hour
// slides minute by minute.
//
//   minutes    |  7 of 10  |           |  2 of 10  |     now
//              |<--------------- 60 of them ------------->|     closest: 7 of 10

import type { Approach } from "../model/approach.ts";

const MINUTE_NS = 60e9;
const MINUTES = 60;

interface Bucket {
  readonly minute: number;
  readonly approach: Approach;
}

export class ClosestApproach {
  /** By minute modulo MINUTES. */
  readonly #buckets: (Bucket | undefined)[] = [];
  #minute = -1;
  /** The ratio of the current bucket; only a higher one replaces it. */
  #ratio = 0;

  /** Whether this ratio is the closest of its minute. Ask before making an Approach: this runs for each request. */
  isClosest(ratio: number, atNs: number): boolean {
    return ratio > this.#ratio || Math.floor(atNs / MINUTE_NS) > this.#minute;
  }

  note(approach: Approach): void {
    // An approach that is found late goes to the current bucket.
    const minute = Math.max(this.#minute, Math.floor(approach.atNs / MINUTE_NS));
    if (minute === this.#minute && approach.ratio <= this.#ratio) return;
    this.#minute = minute;
    this.#ratio = approach.ratio;
    this.#buckets[minute % MINUTES] = { minute, approach };
  }

  /** The closest approach of the last hour; undefined if nothing counted. */
  since(nowNs: number): Approach | undefined {
    const oldest = Math.floor(nowNs / MINUTE_NS) - MINUTES;
    let closest: Approach | undefined;
    for (const bucket of this.#buckets) {
      if (bucket === undefined || bucket.minute <= oldest) continue;
      if (closest === undefined || bucket.approach.ratio > closest.ratio) closest = bucket.approach;
    }
    return closest;
  }
}
