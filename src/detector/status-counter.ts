// Counts the statuses of refusals that no anomaly has reported yet. Bounded by the distinct statuses that an anomaly
// lists. Pure.

import type { Request } from "../model/request.ts";
import { addStatuses, type StatusCount, statusOf } from "../model/status-count.ts";

/** Distinct statuses that are held; beyond it the rarest are dropped. */
const HELD_MAX = 64;

export class StatusCounter {
  #counts: StatusCount[] = [];

  add(request: Request): void {
    const status = statusOf(request);
    if (status === undefined) return;
    const at = this.#counts.findIndex(
      ({ command, ntStatus, errno }) =>
        command === status.command && ntStatus === status.ntStatus && errno === status.errno,
    );
    const known = this.#counts[at];
    if (known !== undefined) this.#counts[at] = { ...known, count: known.count + 1 };
    else this.#counts.push(status);
    if (this.#counts.length > HELD_MAX) this.#counts = [...addStatuses(this.#counts)];
  }

  /** Takes the counts since the last call, the most frequent first. */
  take(): readonly StatusCount[] {
    const taken = addStatuses(this.#counts);
    this.#counts = [];
    return taken;
  }
}
