// The last EVIDENCE_MAX requests of some kind, which a report shows as evidence. Pure and bounded.

import { EVIDENCE_MAX } from "../model/anomaly.ts";
import type { Request } from "../model/request.ts";

/** A request that counted, and when. */
export interface Counted {
  readonly request: Request;
  /** When it completed or became overdue, ns. */
  readonly timeNs: number;
  /** Its latency, or its age when it was found, ns. */
  readonly latencyNs: number;
}

export class RecentRequests {
  readonly #entries: Counted[] = [];
  #next = 0;

  add(entry: Counted): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % EVIDENCE_MAX;
  }

  /** The requests that counted since this time, oldest first. */
  since(timeNs: number): readonly Request[] {
    return this.#entries
      .filter((entry) => entry.timeNs >= timeNs)
      .sort((a, b) => a.timeNs - b.timeNs)
      .map(({ request }) => request);
  }

  clear(): void {
    this.#entries.length = 0;
    this.#next = 0;
  }
}
