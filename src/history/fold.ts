// Folds the lines of the history into incidents: the last line of each incident is its present state. Pure.

import type { Incident } from "../model/incident.ts";
import type { StoredEntry } from "./entry.ts";

export interface StoredIncident {
  readonly incident: Incident;
  /** All its entries, oldest first. */
  readonly entries: readonly StoredEntry[];
}

/**
 * The incidents in the order of their first lines: the clock may have been set, but the file has the order of events.
 */
export function foldIncidents(entries: readonly StoredEntry[]): readonly StoredIncident[] {
  const byId = new Map<string, { incident: Incident | undefined; entries: StoredEntry[] }>();
  for (const entry of entries) {
    if (entry.incidentId === undefined) continue;
    const known = byId.get(entry.incidentId) ?? { incident: undefined, entries: [] };
    byId.set(entry.incidentId, known);
    known.incident = entry.incident ?? known.incident;
    known.entries.push(entry);
  }
  return [...byId.values()].flatMap(({ incident, entries }) =>
    incident === undefined ? [] : [{ incident, entries }],
  );
}
