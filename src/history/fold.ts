// Lines of the history to incidents: the last line of each is the truth. Pure.

import type { Incident } from "../model/incident.ts";
import type { StoredEntry } from "./entry.ts";

export interface StoredIncident {
  readonly incident: Incident;
  /** All that is written of it, oldest first. */
  readonly entries: readonly StoredEntry[];
}

/** In the order in which their first lines stand: the clock may have been set, the file's order is that of events. */
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
