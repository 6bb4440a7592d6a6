// How often DebugData may be read, and how long its readers are waited for. Pure: the time is handed in.
//
// It is read on occasion only, and rarely: it holds spin locks of cifs over the whole dump, and on 5.15 it can race a session
// that is being closed. Once in 5 s on average, and three times in a row after a quiet time, so that the first
// anomalies of a new mount have their share.

/** DebugData is read no more often, on average. */
export const READ_EVERY_NS = 5e9;
/** Readings that a quiet time leaves for at once. */
export const READS_AT_ONCE = 3;
/**
 * A decision that depends on a reading waits this long for it: a reading takes 2 ms, on a host that is short
 * of CPU some tens.
 */
export const HOLD_NS = 250e6;
/** Longer than any reading takes, its deadline included: undecided requests are examined again when it is answered. */
const COMES_WITHIN_NS = 2e9;

export class ReadingPace {
  /** When the budget of all past readings is used up, READ_EVERY_NS each, ns. */
  #paidNs = -Infinity;
  #sinceNs: number | undefined;

  /** A reading is under way. */
  get isReading(): boolean {
    return this.#sinceNs !== undefined;
  }

  /** From when on the next may begin, ns. */
  get readableNs(): number {
    if (this.#sinceNs !== undefined) return this.#sinceNs + COMES_WITHIN_NS;
    return this.#paidNs - (READS_AT_ONCE - 1) * READ_EVERY_NS;
  }

  /** Until when the reading under way is waited for, ns; -Infinity where there is none. */
  get holdUntilNs(): number {
    return this.#sinceNs === undefined ? -Infinity : this.#sinceNs + HOLD_NS;
  }

  begin(nowNs: number): void {
    this.#paidNs = Math.max(this.#paidNs, nowNs) + READ_EVERY_NS;
    this.#sinceNs = nowNs;
  }

  /** The reading was answered or given up. @returns when it began; now where none was under way. */
  end(nowNs: number): number {
    const sinceNs = this.#sinceNs ?? nowNs;
    this.#sinceNs = undefined;
    return sinceNs;
  }
}
