// One line of the history: `{time, event, …}`. Pure: entries to lines, lines to entries. JSON keeps every line a line,
// whatever a server or a program is called; a line that is none (a crash tore it) is passed over.

import type { Incident } from "../model/incident.ts";
import { decodeIncident, encodeIncident } from "./snapshot.ts";

/** What happens to incidents; the line then holds the whole incident, and the last line of an id is the truth. */
export const INCIDENT_EVENTS = [
  "opened",
  "worsened",
  "ongoing",
  "recovered",
  "captured",
  "resolved",
] as const;
export type IncidentEvent = (typeof INCIDENT_EVENTS)[number];

export type HistoryEntry =
  | { readonly event: IncidentEvent; readonly incident: Incident }
  /** What aod did beside, where `audit.enabled`. */
  | {
      readonly event: "configured" | "collected" | "dropped" | "deleted" | "notified";
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** A line as it was read. */
export interface StoredEntry {
  readonly time: string;
  readonly event: string;
  /** Undefined for what happened to none. */
  readonly incidentId: string | undefined;
  readonly incident: Incident | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @returns the line with its line feed. */
export function encodeEntry(entry: HistoryEntry, epochMs: number): string {
  const what = "incident" in entry ? encodeIncident(entry.incident) : entry.fields;
  return `${JSON.stringify({ time: new Date(epochMs).toISOString(), event: entry.event, ...what })}\n`;
}

/** What a text holds, in its order. */
export function decodeEntries(text: string): readonly StoredEntry[] {
  return text.split("\n").flatMap((line) => decodeLine(line) ?? []);
}

function decodeLine(line: string): StoredEntry | undefined {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null) return undefined;
  const { time, event, ...fields } = value as Record<string, unknown>;
  if (typeof time !== "string" || typeof event !== "string") return undefined;
  const ofIncident = (INCIDENT_EVENTS as readonly string[]).includes(event);
  const incident = ofIncident ? decodeIncident(fields) : undefined;
  if (ofIncident && incident === undefined) return undefined;
  const incidentId = incident?.id ?? fields.incident_id;
  return {
    time,
    event,
    incident,
    fields,
    incidentId: typeof incidentId === "string" ? incidentId : undefined,
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Torn, or nothing at all.
    return undefined;
  }
}
