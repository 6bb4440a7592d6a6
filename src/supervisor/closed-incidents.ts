// Incidents that are over, for a while: a capture may be complete only then, and the last incident's newest capture is
// protected. Pure and bounded.

import type { Incident } from "../model/incident.ts";

const CLOSED_MAX = 64;

export class ClosedIncidents {
  readonly #byId = new Map<string, Incident>();
  /** Of the incident that had an anomaly last, open or not. */
  lastId: string | undefined;

  get(id: string): Incident | undefined {
    return this.#byId.get(id);
  }

  /** The one of `lastId`, where it is over. */
  get last(): Incident | undefined {
    return this.lastId === undefined ? undefined : this.#byId.get(this.lastId);
  }

  /** Notes one that is over, or changes it. The last one stays. */
  set(closed: Incident): void {
    this.#byId.set(closed.id, closed);
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= CLOSED_MAX) return;
      if (id !== this.lastId) this.#byId.delete(id);
    }
  }
}
