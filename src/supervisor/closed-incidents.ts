// Resolved incidents, stored for a while: a capture may be completed after its incident, and the newest capture of the
// last incident is protected. Pure and bounded.

import type { Incident } from "../model/incident.ts";

const CLOSED_MAX = 64;

export class ClosedIncidents {
  readonly #byId = new Map<string, Incident>();
  /** The id of the incident that had the latest anomaly, open or not. */
  lastId: string | undefined;

  get(id: string): Incident | undefined {
    return this.#byId.get(id);
  }

  /** The incident of `lastId`, if it is resolved. */
  get last(): Incident | undefined {
    return this.lastId === undefined ? undefined : this.#byId.get(this.lastId);
  }

  /** Adds or replaces a resolved incident. The one of `lastId` is never removed. */
  set(closed: Incident): void {
    this.#byId.set(closed.id, closed);
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= CLOSED_MAX) return;
      if (id !== this.lastId) this.#byId.delete(id);
    }
  }
}
