// When to look at the request table, and when to sleep without a deadline. In: what each look found, what is due, the
// time; out: when to look next, and whether to ask the programs for a wake record. Pure.
//
// A request that hangs makes no event, so somebody has to look. A look is cheap but not free: looks that may wait, and
// wake records, are SCAN_EVERY_NS apart on average at the least, and where nothing is in flight there are none.
//
//   watching   A request that is sent after a look is of interest at the lowest limit at the soonest: that is when the
//              next look is, or when one in flight is due. A look that finds none sent since the last: settling.
//   settling   The word `asleep` is set: the next request that is sent makes a wake record. One whose program had read
//              the word just before has its line SETTLE_NS later: one look more. None sent since: asleep.
//   asleep     No look but for those that are in flight. Any record may mean that the word was cleared: watching.

/** Looks that may wait are this far apart: 20 in a second. */
export const SCAN_EVERY_NS = 50e6;
/** A wake record, a settling look and the next look are made up for, more is not. */
const REST_MOST_NS = 3 * SCAN_EVERY_NS;
/** No program takes this long from reading the word to storing its line. */
export const SETTLE_NS = 20e6;

/** When requests in flight that were seen are next of interest, ns; Infinity: never. */
export interface Due {
  /** May wait for the next look. */
  readonly slowDueNs: number;
  /** May not. */
  readonly exactDueNs: number;
}

type Posture = "watching" | "settling" | "asleep";

export class ScanSchedule {
  #lowestLimitNs: number;
  #posture: Posture = "watching";
  #scannedNs = -Infinity;
  #settlingSinceNs = -Infinity;
  /** Every request sent before was seen, or had a wake record, ns. */
  #seenUntilNs = -Infinity;
  /** Each wake-up of our own takes SCAN_EVERY_NS; until then looks that may wait do. */
  #restUntilNs = -Infinity;

  /** @param lowestLimitNs no request is of interest at a lower age; 0 to Infinity. */
  constructor(lowestLimitNs: number) {
    this.#lowestLimitNs = lowestLimitNs;
  }

  /** Other rules: the next look is at once. */
  configure(lowestLimitNs: number): void {
    this.#lowestLimitNs = lowestLimitNs;
    this.#posture = "watching";
    this.#seenUntilNs = -Infinity;
    this.#restUntilNs = -Infinity;
  }

  /** Whether to ask for a wake record before the next sleep. */
  get wantsWake(): boolean {
    return this.#posture === "settling";
  }

  /** There were records on the ring. */
  noteRecords(nowNs: number): void {
    if (this.#posture === "watching") return;
    this.#posture = "watching";
    this.#seenUntilNs = nowNs;
    this.#rest(nowNs);
  }

  /** There was a look. @param newestStartNs when the newest request of the table was sent, ns. */
  noteScan(newestStartNs: number, nowNs: number): void {
    if (newestStartNs > this.#scannedNs) {
      this.#posture = "watching";
    } else if (this.#posture === "watching") {
      this.#posture = "settling";
      this.#settlingSinceNs = nowNs;
    } else if (nowNs - this.#settlingSinceNs >= SETTLE_NS) {
      this.#posture = "asleep";
    }
    this.#scannedNs = nowNs;
    this.#seenUntilNs = nowNs;
    this.#rest(nowNs);
  }

  /** When to look next, ns; Infinity: not before there is a record. */
  nextScanNs({ slowDueNs, exactDueNs }: Due): number {
    const mayWaitNs = Math.min(slowDueNs, this.#newcomersDueNs);
    const next = Math.min(exactDueNs, Math.max(mayWaitNs, this.#restUntilNs));
    return this.#posture === "settling" ? Math.min(next, this.#settlingSinceNs + SETTLE_NS) : next;
  }

  // --- internal ---

  get #newcomersDueNs(): number {
    return this.#posture === "watching" ? this.#seenUntilNs + this.#lowestLimitNs : Infinity;
  }

  #rest(nowNs: number): void {
    const restUntilNs = Math.max(this.#restUntilNs, nowNs) + SCAN_EVERY_NS;
    // Looks that could not wait are not made up for.
    this.#restUntilNs = Math.min(restUntilNs, nowNs + REST_MOST_NS);
  }
}
