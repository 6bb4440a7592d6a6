// When to scan the request table, when to sleep without a deadline, and when to ask the BPF programs for a wake record.
// Pure.
//
// A request that hangs makes no event, so the table must be scanned. A scan is cheap but not free. Scans that may wait,
// and wake records, are SCAN_EVERY_NS apart on average at least, and while nothing is in flight there are none.
//
//   watching   A request that is sent after a scan matters at the lowest limit at the earliest: that is when the next
//              scan is due, or when a known request is due. A scan that finds no request sent since the last one:
//              settling.
//   settling   The word `asleep` is set: the next request that is sent makes a wake record. If its program read the
//              word just before it was set, its line appears within SETTLE_NS: there is one more scan. No request sent
//              since: asleep.
//   asleep     Scans only for requests in flight. Any record may mean that the word was cleared: watching.

/** Scans that may wait are this far apart: 20 in a second. */
export const SCAN_EVERY_NS = 50e6;
/** The most rest that is owed: for a wake record, a settling scan and the next scan. */
const REST_MOST_NS = 3 * SCAN_EVERY_NS;
/** Longer than any BPF program takes from reading the word `asleep` to storing its line. */
export const SETTLE_NS = 20e6;

/** When known requests in flight are next due, ns; Infinity: never. */
export interface Due {
  /** The scan may wait. */
  readonly slowDueNs: number;
  /** The scan must be on time. */
  readonly exactDueNs: number;
}

type Posture = "watching" | "settling" | "asleep";

export class ScanSchedule {
  #lowestLimitNs: number;
  #posture: Posture = "watching";
  #scannedNs = -Infinity;
  #settlingSinceNs = -Infinity;
  /** Every request that was sent before this was seen or made a wake record, ns. */
  #seenUntilNs = -Infinity;
  /** Scans that may wait do so until then, ns: each wake-up of the detector's own adds SCAN_EVERY_NS. */
  #restUntilNs = -Infinity;

  /** @param lowestLimitNs the age from which a request may matter; 0 to Infinity. */
  constructor(lowestLimitNs: number) {
    this.#lowestLimitNs = lowestLimitNs;
  }

  /** Takes the limit of other rules; the next scan is due at once. */
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

  /** Notes that there were records on the ring. */
  noteRecords(nowNs: number): void {
    if (this.#posture === "watching") return;
    this.#posture = "watching";
    this.#seenUntilNs = nowNs;
    this.#rest(nowNs);
  }

  /** Notes a scan. @param newestStartNs when the newest request in the table was sent, ns. */
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

  /** When to scan next, ns; Infinity: not before a record arrives. */
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
    // Scans that could not wait add no further rest.
    this.#restUntilNs = Math.min(restUntilNs, nowNs + REST_MOST_NS);
  }
}
