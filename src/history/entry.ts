// One line of the history: `{time, event, …}`. Pure: entries to lines, lines to entries. JSON keeps every line a line,
// whatever a server or a program is called. A line that is damaged (a crash tore it, something else wrote it) is skipped and counted.

import * as v from "valibot";
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
  /** Other acts of aod, where `audit.enabled`. */
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
  const what = "incident" in entry ? encodeIncident(entry.incident, { epochMs }) : entry.fields;
  return `${JSON.stringify({ time: new Date(epochMs).toISOString(), event: entry.event, ...what })}\n`;
}

/** One file of the history as it was read. */
export interface HistoryText {
  /** Its name in the output folder, as people are shown it. */
  readonly file: string;
  readonly text: string;
}

export interface DecodedHistory {
  readonly entries: readonly StoredEntry[];
  /** Lines that are damaged, or that something else has written. */
  readonly skipped: number;
  /** Where the first of them is, as `incidents.jsonl:12`. */
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

/** The same of one text, for a reader that does not report what is damaged. */
export function decodeEntries(text: string): readonly StoredEntry[] {
  return decodeHistory([{ file: "", text }]).entries;
}

/** An incident with all its captures takes a tenth of it. */
const LINE_MAX_CHARACTERS = 1 << 20;

const text = v.pipe(v.string(), v.maxLength(64));
const head = v.looseObject({ time: text, event: text });

/** Not nested deeper: code that shows a value may walk all of it. */
const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const asideFields = v.record(
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
  const aside = v.safeParse(asideFields, fields);
  if (!aside.success) return undefined;
  const { incident_id: id } = aside.output;
  return {
    time,
    event,
    incident: undefined,
    fields: aside.output,
    incidentId: typeof id === "string" ? id : undefined,
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Torn by a crash, nested beyond the parser's stack, or not JSON at all: the schema refuses it, and the line is counted.
    return undefined;
  }
}
