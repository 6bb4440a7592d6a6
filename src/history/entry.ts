// One line of the history: `{time, event, …}`, encoded and decoded. Pure. As JSON an entry is always one line, whatever
// a server or a program is called. A damaged line (torn by a crash, or written by another program) is skipped and
// counted.

import * as v from "valibot";
import type { Incident } from "../model/incident.ts";
import { decodeIncident, encodeIncident } from "./snapshot.ts";

/** Events of incidents. Their line holds the whole incident, and the last line of an incident is its present state. */
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
  /** Other acts of aod, if `audit.enabled` is true. */
  | {
      readonly event: "configured" | "collected" | "dropped" | "deleted" | "notified";
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** An entry as it was read. */
export interface StoredEntry {
  readonly time: string;
  readonly event: string;
  /** Undefined for an event that belongs to no incident. */
  readonly incidentId: string | undefined;
  readonly incident: Incident | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @returns the line with its line feed. */
export function encodeEntry(entry: HistoryEntry, epochMs: number): string {
  const what = "incident" in entry ? encodeIncident(entry.incident, { epochMs }) : entry.fields;
  return `${JSON.stringify({ time: new Date(epochMs).toISOString(), event: entry.event, ...what })}\n`;
}

/** The text of one file of the history. */
export interface HistoryText {
  /** Its name in the output folder, for messages. */
  readonly file: string;
  readonly text: string;
}

export interface DecodedHistory {
  readonly entries: readonly StoredEntry[];
  /** The number of lines that are damaged, or that another program has written. */
  readonly skipped: number;
  /** The place of the first of them, as `incidents.jsonl:12`. */
  readonly firstSkipped: string | undefined;
}

/** The entries of the files, in this order. A damaged line costs no other line. */
export function decodeHistory(files: readonly HistoryText[]): DecodedHistory {
  const entries: StoredEntry[] = [];
  const skipped: string[] = [];
  for (const { file, text } of files) {
    text.split("\n").forEach((line, index) => {
      if (line.trim() === "") return;
      const entry = decodeLine(line);
      if (entry === undefined) skipped.push(`${file}:${index + 1}`);
      else entries.push(entry);
    });
  }
  return { entries, skipped: skipped.length, firstSkipped: skipped[0] };
}

/** The entries of one text, for a reader that does not report damaged lines. */
export function decodeEntries(text: string): readonly StoredEntry[] {
  return decodeHistory([{ file: "", text }]).entries;
}

/** An incident with all its captures takes a tenth of this. */
const LINE_MAX_CHARACTERS = 1 << 20;

const text = v.pipe(v.string(), v.maxLength(64));
const head = v.looseObject({ time: text, event: text });

/** Deeper nesting is refused: code that shows a value may recurse through all of it. */
const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const actFields = v.record(
  v.string(),
  v.union([scalar, v.array(v.union([scalar, v.record(v.string(), scalar)]))]),
);

function decodeLine(line: string): StoredEntry | undefined {
  if (line.length > LINE_MAX_CHARACTERS) return undefined;
  const { success, output } = v.safeParse(head, parseJson(line));
  if (!success) return undefined;
  const { time, event, ...fields } = output;
  if ((INCIDENT_EVENTS as readonly string[]).includes(event)) {
    const incident = decodeIncident(fields);
    if (incident === undefined) return undefined;
    return {
      time,
      event,
      incidentId: incident.id,
      incident,
      fields: encodeIncident(incident, { epochMs: Date.parse(time) || 0 }),
    };
  }
  const act = v.safeParse(actFields, fields);
  if (!act.success) return undefined;
  const { incident_id: id } = act.output;
  return {
    time,
    event,
    incident: undefined,
    fields: act.output,
    incidentId: typeof id === "string" ? id : undefined,
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Torn by a crash, nested beyond the parser's stack, or not JSON at all: the schema refuses it, and the line is
    // counted.
    return undefined;
  }
}
