// How often DebugData may be read, and how long a reading is waited for. Pure: the time is handed in.
//
// A reading is made on demand only, and rarely: it holds spin locks of cifs for the whole dump, and on 5.15 it can race
// with a session that is being closed. There is one in 5 s on average, and three in a row after a quiet time, so that
// the first anomalies of a new mount have their share.

/** Average time between readings of DebugData, at least. */
export const READ_EVERY_NS = 5e9;
/** Readings that may follow each other at once after a quiet time. */
export const READS_AT_ONCE = 3;
/**
 * A decision that depends on a reading waits this long for it. A reading takes 2 ms, and some tens of milliseconds on a
 * host that is short of CPU.
 */
export const HOLD_NS = 250e6;
/**
 * Longer than any reading takes, its deadline included. Undecided requests are checked again when the result is there.
 */
const COMES_WITHIN_NS = 2e9;

export class ReadingPace {
  /** When all past readings are paid for, at READ_EVERY_NS each, ns. */
  #paidNs = -Infinity;
  #sinceNs: number | undefined;

  /** Whether a reading is in progress. */
  get isReading(): boolean {
    return this.#sinceNs !== undefined;
  }

  /** When the next reading may begin, ns. */
  get readableNs(): number {
    if (this.#sinceNs !== undefined) return this.#sinceNs + COMES_WITHIN_NS;
    return this.#paidNs - (READS_AT_ONCE - 1) * READ_EVERY_NS;
  }

  /** Until when the reading in progress is waited for, ns; -Infinity if there is none. */
  get holdUntilNs(): number {
    return this.#sinceNs === undefined ? -Infinity : this.#sinceNs + HOLD_NS;
  }

  begin(nowNs: number): void {
    this.#paidNs = Math.max(this.#paidNs, nowNs) + READ_EVERY_NS;
    this.#sinceNs = nowNs;
  }

  /** Notes that the reading has a result or was given up. @returns when it began; `nowNs` if none was in progress. */
  end(nowNs: number): number {
    const sinceNs = this.#sinceNs ?? nowNs;
    this.#sinceNs = undefined;
    return sinceNs;
  }
}
