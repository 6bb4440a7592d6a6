// How near one rule came to tripping within the last hour, on all its shares together. In: how full a window is each time that
// something counts; out: the fullest. Pure: time is an argument. A bucket for each minute, so memory does not depend on traffic,
// and an hour that was busy is forgotten minute by minute.
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
  /** Of the bucket in use: what is not above it is not news. */
  #ratio = 0;

  /** Whether this is the closest of its minute: only then is an Approach to be made. */
  isNews(ratio: number, atNs: number): boolean {
    return ratio > this.#ratio || Math.floor(atNs / MINUTE_NS) > this.#minute;
  }

  note(approach: Approach): void {
    // What is found late belongs to the bucket in use.
    const minute = Math.max(this.#minute, Math.floor(approach.atNs / MINUTE_NS));
    if (minute === this.#minute && approach.ratio <= this.#ratio) return;
    this.#minute = minute;
    this.#ratio = approach.ratio;
    this.#buckets[minute % MINUTES] = { minute, approach };
  }

  /** The closest of the last hour; undefined where nothing counted. */
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
