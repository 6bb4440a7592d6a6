// A sliding window over the times of events: it takes times and decides whether the rule trips. Pure: it reads no
// clock, and the newest event is its "now". It knows neither requests nor rules.
//
// A rule trips when `count` events lie within `windowNs` of each other, wherever the boundaries of seconds, of batches
// or of scans of the table fall. With count = 10 and a window of one second:
//
//   batches   |········ 1st second ·········|········ 2nd second ·········|
//   events                         xxxxxxxxx x                        x
//   window         |<------ windowNs ------>|                                 9 held
//   window          |<------ windowNs ------>|                               10 held: trips
//   window                                  |<------ windowNs ------>|        2 held: all others are too old
//
// Only events that can still be part of such a ten are held: those within windowNs of the newest, and of them the last
// `count`. So memory depends on the rule, never on the traffic. Events arrive slightly out of order (a request in
// flight is found overdue up to 50 ms late, and replies of two CPUs cross on the ring); each is inserted at its time,
// counted from the newest end. An event that is too late to be held changes nothing. The decision is therefore always
// that of a recount: "are the `count` latest events within windowNs?"

import type { Fullness } from "../model/approach.ts";

const FIRST_CAPACITY = 8;

export class SlidingWindow {
  readonly #count: number;
  readonly #windowNs: number;
  /** A ring of `#held` times in ascending order from `#head` on. Its length is a power of two and grows on demand. */
  #times = new Float64Array(FIRST_CAPACITY);
  #head = 0;
  #held = 0;
  #newestNs = -Infinity;

  /**
   * @param count events that trip the rule, at least 1.
   * @param windowNs both ends belong to the window.
   */
  constructor(count: number, windowNs: number) {
    this.#count = count;
    this.#windowNs = windowNs;
  }

  /** Whether the latest events trip the rule. */
  get isFull(): boolean {
    return this.#held === this.#count;
  }

  /** How near the latest events come to that. */
  get fullness(): Fullness {
    return { counted: this.#held, replies: undefined, ratio: this.ratio };
  }

  /** Progress towards a trip: 1 trips. */
  get ratio(): number {
    return this.#held / this.#count;
  }

  /** Takes an event. @returns whether the window is full. */
  add(timeNs: number): boolean {
    const newestNs = Math.max(timeNs, this.#newestNs);
    const oldestNs = newestNs - this.#windowNs;
    while (this.#held > 0 && this.#at(0) < oldestNs) this.#dropOldest();
    if (timeNs < oldestNs) return this.isFull;
    // Even if this event is older still: the one that stays is the next to be dropped.
    if (this.#held === this.#count) this.#dropOldest();
    if (this.#held === this.#times.length) this.#grow();
    if (timeNs === newestNs) this.#append(timeNs);
    else this.#insert(timeNs);
    this.#newestNs = newestNs;
    return this.isFull;
  }

  // --- internal ---

  #at(index: number): number {
    return this.#times[(this.#head + index) & (this.#times.length - 1)] as number;
  }

  #dropOldest(): void {
    this.#head = (this.#head + 1) & (this.#times.length - 1);
    this.#held -= 1;
  }

  #append(timeNs: number): void {
    this.#times[(this.#head + this.#held) & (this.#times.length - 1)] = timeNs;
    this.#held += 1;
  }

  /** Inserts a late event below the newer ones. */
  #insert(timeNs: number): void {
    const times = this.#times;
    const mask = times.length - 1;
    let index = this.#held;
    for (; index > 0 && this.#at(index - 1) > timeNs; index--) {
      times[(this.#head + index) & mask] = this.#at(index - 1);
    }
    times[(this.#head + index) & mask] = timeNs;
    this.#held += 1;
  }

  #grow(): void {
    const grown = new Float64Array(this.#times.length * 2);
    for (let index = 0; index < this.#held; index++) grown[index] = this.#at(index);
    this.#times = grown;
    this.#head = 0;
  }
}
