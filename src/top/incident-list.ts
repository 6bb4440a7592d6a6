// Incidents, newest first. Open ones are red and say so in words; new ones stand out even from those.

import type { IncidentOfApi } from "../api/incident.ts";
import type { Live } from "../api/live.ts";
import { countText, durationText } from "../model/figure.ts";
import { withOthers } from "../model/incident.ts";
import { clip, fit, type Glyphs, harmless, type Line, type Style, span } from "./line.ts";

/** How long an incident is new. */
const NEW_FOR_MS = 15_000;

type Mark = "NEW" | "hangs" | "open" | "over";
const STYLES: Readonly<Record<Mark, Style>> = {
  NEW: "alarm",
  hangs: "trouble",
  open: "trouble",
  over: "faint",
};

interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: "left" | "right";
  readonly text: (incident: IncidentOfApi, atMs: number) => string;
  /** Shown only if the screen is at least this wide. */
  readonly from?: number;
}

const COLUMNS: readonly Column[] = [
  { title: "AGE", width: 7, align: "right", text: ageText },
  { title: "LASTED", width: 7, align: "right", text: lastedText, from: 100 },
  { title: "REQS", width: 7, align: "right", text: ({ count }) => countText(count) },
  { title: "WORST", width: 7, align: "right", text: worstText },
  { title: "KIND", width: 9, align: "left", text: ({ kind }) => kind },
  { title: "VERDICT", width: 7, align: "left", text: ({ verdict }) => verdict?.cause ?? "-" },
];
const MARK_COLUMNS = 7;
const TITLE = "INCIDENTS";

/** @param height lines, including the title. */
export function incidentListLines(
  live: Live | undefined,
  columns: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const incidents = (live?.incidents ?? []).toSorted((a, b) => (a.opened_at < b.opened_at ? 1 : -1));
  if (incidents.length === 0) {
    const none = live === undefined ? "" : "  no open incidents, none in the last minutes";
    return [clip([span(TITLE, "title"), span(none, "faint")], columns)];
  }
  const atMs = Date.parse(live?.at ?? "");
  const shown = COLUMNS.filter(({ from = 0 }) => columns >= from);
  const texts = textWidths(columns - MARK_COLUMNS - shown.reduce((sum, { width }) => sum + width + 1, 0));
  return [
    titleLine(shown, texts, glyphs),
    ...incidents.slice(0, height - 1).map((one) => incidentLine(one, atMs, shown, texts, glyphs)),
  ].map((line) => clip(line, columns));
}

interface TextWidths {
  readonly rule: number;
  readonly share: number;
  /** 0 if there is no room for it. */
  readonly because: number;
}

function textWidths(room: number): TextWidths {
  const rule = Math.max(4, Math.min(24, Math.floor(room * 0.4) - 1));
  const rest = Math.max(0, room - rule - 2);
  const share = Math.min(40, rest);
  return { rule, share, because: rest - share > 20 ? rest - share - 1 : 0 };
}

function titleLine(shown: readonly Column[], { rule, share, because }: TextWidths, glyphs: Glyphs): Line {
  const titles = shown.map(({ title, width, align }) => ` ${fit(title, width, glyphs, align)}`).join("");
  const text = `${" ".repeat(MARK_COLUMNS)}${titles} ${fit("RULE", rule, glyphs)} ${fit("SHARE", share, glyphs)}`;
  return [
    span(TITLE, "title"),
    span(`${text.slice(TITLE.length)} ${fit("BECAUSE", because, glyphs)}`, "faint"),
  ];
}

function incidentLine(
  incident: IncidentOfApi,
  atMs: number,
  shown: readonly Column[],
  { rule, share, because }: TextWidths,
  glyphs: Glyphs,
): Line {
  const mark = markOf(incident, atMs);
  const figures = shown.map(
    ({ width, align, text }) => ` ${fit(harmless(text(incident, atMs), glyphs), width, glyphs, align)}`,
  );
  const names = [
    fit(harmless(withOthers(incident.rule, incident.rules), glyphs), rule, glyphs),
    fit(harmless(withOthers(incident.share, incident.shares), glyphs), share, glyphs, "left", "ends"),
    fit(harmless(incident.verdict?.because[0] ?? "", glyphs), because, glyphs),
  ];
  return [
    span(` ${fit(mark, MARK_COLUMNS - 2, glyphs)} `, STYLES[mark]),
    span(`${figures.join("")} ${names.join(" ")}`, mark === "over" ? "faint" : "plain"),
  ];
}

function markOf(incident: IncidentOfApi, atMs: number): Mark {
  if (incident.state !== "open") return "over";
  if (atMs - Date.parse(incident.opened_at) < NEW_FOR_MS) return "NEW";
  return incident.standing === null ? "open" : "hangs";
}

/** A hang grows older between reports, so its age may exceed the worst latency that was reported. */
function worstText({ worst_ms, standing }: IncidentOfApi): string {
  const worstMs = Math.max(worst_ms, standing?.oldest_ms ?? 0);
  return worstMs === 0 ? "-" : durationText(worstMs);
}

/** In whole seconds: only the order matters. */
function ageText({ opened_at }: IncidentOfApi, atMs: number): string {
  // 0 at least: the clock may have been set back.
  const ageSec = Math.floor(Math.max(0, atMs - Date.parse(opened_at)) / 1000);
  return ageSec === 0 ? "0 s" : durationText(ageSec * 1000);
}

function lastedText({ opened_at, resolved_at }: IncidentOfApi, atMs: number): string {
  if (resolved_at === null) return "";
  const lastedMs = Math.min(Date.parse(resolved_at), atMs) - Date.parse(opened_at);
  return durationText(Math.max(0, lastedMs));
}
