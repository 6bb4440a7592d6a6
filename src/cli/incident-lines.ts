// Incidents in words: a table of all, or the whole of one. In: what the history holds; out: lines. Pure. Names came from
// servers and files: nothing of them reaches a terminal unescaped.

import type { StoredEntry } from "../history/entry.ts";
import type { StoredIncident } from "../history/fold.ts";
import { encodeIncident } from "../history/snapshot.ts";
import { formatLine, type Values } from "../log.ts";
import { type Attribution, dialectName, type Process } from "../model/attribution.ts";
import { escapeControls } from "../model/escape.ts";
import { durationTextOfNs } from "../model/figure.ts";
import type { Incident } from "../model/incident.ts";
import { whatIs } from "../model/request.ts";
import type { Verdict } from "../model/verdict.ts";
import { columnLines } from "./table.ts";

type Column = readonly [title: string, cell: (incident: Incident, nowMs: number) => string];

const COLUMNS: readonly Column[] = [
  ["ID", ({ id }) => id],
  ["STATE", ({ state, standing }) => (standing === undefined ? state : "hangs")],
  ["LASTED", lasted],
  ["RULE", ({ rule }) => rule],
  ["KIND", ({ kind }) => kind],
  ["REQUESTS", ({ count }) => String(count)],
  ["WORST", ({ worstNs }) => durationTextOfNs(worstNs)],
  ["VERDICT", ({ verdict }) => verdict?.cause ?? "-"],
  ["CAPTURES", ({ captures }) => String(captures.length)],
  ["SHARE", ({ share }) => share],
];

/** In the order given. */
export function tableLines(incidents: readonly Incident[], nowMs: number): readonly string[] {
  const rows = incidents.map((incident) => COLUMNS.map(([, cell]) => cell(incident, nowMs)));
  return columnLines(
    COLUMNS.map(([title]) => title),
    rows,
  );
}

/**
 * One incident, its captures and its history.
 * @param pathOf where a capture is; undefined for one that is deleted.
 */
export function incidentLines(
  { incident, entries }: StoredIncident,
  pathOf: (capture: string) => string | undefined,
): readonly string[] {
  const { opened_at, last_at, resolved_at } = encodeIncident(incident);
  const { attribution, worst, hung, standing, verdict } = incident;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["incident", incident.id],
    ["rule", `${incident.rule} (${incident.ruleType}), at worst ${incident.kind}`],
    ["share", incident.share],
    ["server", attribution && serverText(attribution)],
    ["mounted at", attribution?.mountPoints.join(" ") || undefined],
    ["who waits", attribution?.processes.map(processText).join("; ") || undefined],
    ["opened", opened_at],
    ["last seen", last_at],
    ["resolved", resolved_at ?? "not yet"],
    ["requests", `${incident.count}, the worst ${durationTextOfNs(incident.worstNs)}`],
    ["worst", worst && `${whatIs(worst) || "waited to be sent"}, ${worst.comm}, pid ${worst.processId}`],
    ["hung", hung && `${hung.count} in one go, for ${durationTextOfNs(hung.longestNs)} at most`],
    ["hanging", standing && `${standing.count}, the oldest for ${durationTextOfNs(standing.oldestNs)}`],
    ["verdict", verdict && verdictText(verdict)],
    ...(verdict?.because ?? []).map((reason) => ["", reason] as const),
    [
      "suppressed",
      incident.suppressed === 0
        ? undefined
        : `${incident.suppressed} captures, by the cooldown or an hour's limits`,
    ],
  ];
  const captures = incident.captures.map((name) => pathOf(name) ?? `${name} (deleted)`);
  return [
    ...rows.flatMap(([label, text]) => (text === undefined ? [] : [row(label, text)])),
    ...captures.map((capture, index) => row(index === 0 ? "captures" : "", capture)),
    ...entries.map((entry, index) => row(index === 0 ? "history" : "", entryText(entry))),
  ];
}

export function verdictText({ cause, confidence }: Verdict): string {
  return cause === "unknown" ? cause : `${cause}, confidence ${confidence.toFixed(2)}`;
}

export function serverText({ server, dialect, encrypted, connectionIds }: Attribution): string {
  return [
    server ?? "unknown",
    ...(dialect === undefined ? [] : [`SMB ${dialectName(dialect)}`]),
    ...(encrypted === true ? ["encrypted"] : []),
    ...connectionIds.map((id) => `connection 0x${id.toString(16)}`),
  ].join(", ");
}

export function processText({ pid, name, unit, container }: Process): string {
  return [`${name} (${pid})`, unit, container && `container ${container}`].filter(Boolean).join(", ");
}

/** What something is, and what there is to say of it. */
export function row(label: string, text: string): string {
  return `${label.padEnd(11)} ${escapeControls(text)}`;
}

function entryText({ time, event, incident, fields }: StoredEntry): string {
  const values = incident === undefined ? valuesOf(fields) : stepValues(incident);
  return formatLine(`${time} ${event}`, values);
}

function stepValues({ kind, count, worstNs, standing }: Incident): Values {
  return { kind, requests: count, worst: durationTextOfNs(worstNs), hanging: standing?.count };
}

/** Those that say something; lists as JSON. */
function valuesOf({ incident_id, ...fields }: StoredEntry["fields"]): Values {
  const shown = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null) return [];
    return [[name, typeof value === "object" ? JSON.stringify(value) : String(value)] as const];
  });
  return Object.fromEntries(shown);
}

/** The clock may have been set back meanwhile. */
function lasted({ openedAtMs, resolvedAtMs }: Incident, nowMs: number): string {
  return durationTextOfNs(Math.max(0, (resolvedAtMs ?? nowMs) - openedAtMs) * 1e6);
}
