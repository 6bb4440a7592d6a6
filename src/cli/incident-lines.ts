// Incidents in words: columns of a table for all of them, or one in full. Pure. Names come from servers and files:
// control characters are escaped.

import type { StoredEntry } from "../history/entry.ts";
import type { StoredIncident } from "../history/fold.ts";
import { encodeIncident } from "../history/snapshot.ts";
import { formatLine, type Values } from "../log.ts";
import { type Attribution, dialectName, type Process } from "../model/attribution.ts";
import { escapeControls } from "../model/escape.ts";
import { durationTextOfNs } from "../model/figure.ts";
import { headlineOf, mainMeaning } from "../model/headline.ts";
import { hangAgeNs, type Incident, type OngoingHang, withOthers } from "../model/incident.ts";
import { whatIs } from "../model/request.ts";
import { STATUSES_MAX, statusesText } from "../model/status-count.ts";
import type { Verdict } from "../model/verdict.ts";
import type { Style } from "../top/line.ts";
import { localTimeText, zoneName } from "./local-time.ts";
import type { FittingColumn } from "./table.ts";

interface Column {
  readonly title: string;
  readonly cell: (incident: Incident, nowMs: number) => string;
  /** As FittingColumn.rank. */
  readonly rank: number;
  readonly style?: (incident: Incident) => Style;
}

const COLUMNS: readonly Column[] = [
  { title: "ID", cell: ({ id }) => id, rank: Infinity },
  { title: "STATE", cell: stateText, rank: Infinity, style: stateStyle },
  { title: "OPENED", cell: ({ openedAtMs }) => localTimeText(openedAtMs), rank: 7 },
  { title: "LASTED", cell: lasted, rank: 5 },
  { title: "RULE", cell: ({ rule, rules }) => withOthers(rule, rules), rank: 4 },
  { title: "KIND", cell: ({ kind }) => kind, rank: 1 },
  { title: "REQUESTS", cell: ({ count }) => String(count), rank: 2 },
  { title: "WORST", cell: worstText, rank: 6 },
  { title: "VERDICT", cell: verdictCell, rank: Infinity },
  { title: "CAPTURES", cell: ({ captures }) => String(captures.length), rank: 3 },
  { title: "SHARE", cell: ({ share, shares }) => withOthers(share, shares), rank: Infinity },
];

/** A table of incidents, in the order given. */
export function incidentColumns(incidents: readonly Incident[], nowMs: number): readonly FittingColumn[] {
  return COLUMNS.map(({ title, cell, rank, style }) => ({
    title: title === "OPENED" ? `OPENED (${zoneName(nowMs)})` : title,
    cells: incidents.map((incident) => cell(incident, nowMs)),
    rank,
    styles: incidents.map((incident) => style?.(incident) ?? "plain"),
  }));
}

/**
 * One incident, its captures and its history.
 * @param pathOf the path of a capture; undefined if it is deleted.
 */
export function incidentLines(
  { incident, entries }: StoredIncident,
  pathOf: (capture: string) => string | undefined,
  nowMs: number,
): readonly string[] {
  const { opened_at, last_at, resolved_at } = encodeIncident(incident, { epochMs: nowMs });
  const { attribution, worst, hung, standing, verdict } = incident;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["incident", incident.id],
    ["rule", `${incident.rule} (${incident.ruleType}), at worst ${incident.kind}`],
    ...otherRows("other rule", incident.rule, incident.rules),
    ["share", incident.share],
    ...otherRows("other share", incident.share, incident.shares),
    ["server", attribution ? serverText(attribution) : incident.server],
    ["family", incident.family],
    ["perhaps", attribution?.possibleShares.join(" or ") || undefined],
    ["DFS path", attribution?.dfsPaths.join(" ") || undefined],
    ["mounted at", attribution?.mountPoints.join(" ") || undefined],
    ["who waits", attribution?.processes.map(processText).join("; ") || undefined],
    ["opened", opened_at],
    ["last seen", last_at],
    ["resolved", resolved_at ?? "not yet"],
    [
      "requests",
      incident.worstNs > 0
        ? `${incident.count}, the worst ${durationTextOfNs(incident.worstNs)}`
        : String(incident.count),
    ],
    ["refused", statusesText(incident.statuses, STATUSES_MAX)],
    ["worst", worst && `${whatIs(worst) || "waited to be sent"}, ${worst.comm}, pid ${worst.processId}`],
    ["hung", hung && `${hung.count} in one go, for ${durationTextOfNs(hung.longestNs)} at most`],
    ["hanging", standing && `${standing.count}, the oldest for ${hangText(standing, nowMs)}`],
    ["verdict", verdict && verdictText(verdict)],
    ["", verdict && headlineOf({ ...incident, cause: verdict.cause })],
    ...(verdict?.because ?? []).map((reason) => ["", reason] as const),
    ["advice", mainMeaning(incident.statuses)?.advice],
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

function stateText({ state, standing }: Incident): string {
  return standing === undefined ? state : "hangs";
}

function stateStyle({ state, standing }: Incident): Style {
  if (standing !== undefined) return "alarm";
  return state === "open" ? "trouble" : "plain";
}

function verdictCell({ verdict, statuses }: Incident): string {
  return [verdict?.cause ?? "-", statusesText(statuses, 1)].filter(Boolean).join(": ");
}

/** A hang gets older while no event reports it. */
function worstText({ worstNs, standing }: Incident, nowMs: number): string {
  const ageNs = standing === undefined ? 0 : hangAgeNs(standing, { epochMs: nowMs });
  return worstNs + ageNs > 0 ? durationTextOfNs(Math.max(worstNs, ageNs)) : "–";
}

function hangText(standing: OngoingHang, nowMs: number): string {
  return durationTextOfNs(hangAgeNs(standing, { epochMs: nowMs }));
}

function otherRows(
  label: string,
  first: string,
  all: readonly string[],
): readonly (readonly [string, string])[] {
  return all.filter((name) => name !== first).map((name) => [label, name] as const);
}

export function verdictText({ cause, confidence }: Verdict): string {
  return cause === "unknown" ? cause : `${cause}, confidence ${confidence.toFixed(2)}`;
}

export function serverText({ server, address, dialect, encrypted, connectionIds }: Attribution): string {
  return [
    server ?? "unknown",
    ...(address === undefined || address === server ? [] : [address]),
    ...(dialect === undefined ? [] : [`SMB ${dialectName(dialect)}`]),
    ...(encrypted === true ? ["encrypted"] : []),
    ...connectionIds.map((id) => `connection 0x${id.toString(16)}`),
  ].join(", ");
}

export function processText({ pid, name, unit, container }: Process): string {
  return [`${name} (${pid})`, unit, container && `container ${container}`].filter(Boolean).join(", ");
}

/** A line of a label and its text. */
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

/** Without lists, which would take many lines of a screen: the JSON has them. */
function valuesOf({ incident_id, ...fields }: StoredEntry["fields"]): Values {
  const shown = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || typeof value === "object") return [];
    return [[name, String(value)] as const];
  });
  return Object.fromEntries(shown);
}

/** 0 at least: the clock may have been set back. */
function lasted({ openedAtMs, resolvedAtMs }: Incident, nowMs: number): string {
  return durationTextOfNs(Math.max(0, (resolvedAtMs ?? nowMs) - openedAtMs) * 1e6);
}
