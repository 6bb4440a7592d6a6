// The whole screen: the state and the size of the terminal in, lines out, never more or wider than there is room for.
// Pure. Everything keeps its position while figures come and go, because a layout that jumps can't be read.

import { durationText } from "../model/figure.ts";
import { noticeLines, sparkLines, titleLine, totalsLine } from "./header.ts";
import { helpLines } from "./help-page.ts";
import { inFlightLines } from "./in-flight.ts";
import { incidentListLines } from "./incident-list.ts";
import { latencyLines } from "./latency-bars.ts";
import { clip, EMPTY, type Glyphs, joinParts, type Line, pad, span } from "./line.ts";
import type { TopState } from "./state.ts";
import { groupTableLines } from "./table.ts";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Below this size there is room only for the figures. */
export const LEAST_SIZE: ScreenSize = { columns: 60, rows: 15 };

const SERIES_SHOWN = 3;
/** A histogram with fewer lines is useless. */
const LATENCY_LEAST_ROWS = 5;
const LATENCY_LEAST_COLUMNS = 29;
/** From this width on, the table has a panel beside it. */
const WIDE_COLUMNS = 140;
const GAP_COLUMNS = 2;

/** As many lines as the terminal has. @param hasKeys whether the last line lists the keys. */
export function screenLines(
  state: TopState,
  size: ScreenSize,
  glyphs: Glyphs,
  hasKeys = true,
): readonly Line[] {
  const { columns, rows } = size;
  const isSmall = columns < LEAST_SIZE.columns || rows < LEAST_SIZE.rows;
  const head = [
    titleLine(state, columns, glyphs),
    ...noticeLines(state, columns, glyphs),
    totalsLine(state, columns),
  ];
  const foot = hasKeys ? [keysLine(columns, glyphs)] : [];
  const height = Math.max(0, rows - head.length - foot.length);
  const body = isSmall
    ? smallLines(size, state, glyphs)
    : state.isHelpOpen
      ? [EMPTY, ...helpLines(columns, height - 1, glyphs)]
      : bodyLines(state, columns, height, glyphs);
  const filled = Array.from({ length: height }, (_, i) => body[i] ?? EMPTY);
  return [...head, ...filled, ...foot].slice(0, rows).map((line) => clip(line, columns));
}

/** Shares out the remaining rows: most for the table, then for requests in flight, then for incidents. */
function bodyLines(state: TopState, columns: number, height: number, glyphs: Glyphs): readonly Line[] {
  const sparkRows = height >= 40 ? 3 : height >= 30 ? 2 : 1;
  const rest = height - SERIES_SHOWN * sparkRows;
  const sparks = sparkLines(state, columns, sparkRows, glyphs);
  const table: Draw = (width, rows) => groupTableLines(state, width, rows, glyphs);
  const latency: Draw = (width, rows) => latencyLines(state.live, width, rows, glyphs);
  const open: Draw = (width, rows) => inFlightLines(state, width, rows, glyphs);
  const incidents: Draw = (width, rows) => incidentListLines(state.live, width, rows, glyphs);
  if (columns >= WIDE_COLUMNS) {
    const upper = Math.ceil(rest / 2);
    return [
      ...sparks,
      ...beside(table, latency, 0.56, columns, upper),
      ...beside(open, incidents, 0.42, columns, rest - upper),
    ];
  }
  const last = Math.max(2, Math.floor(rest * 0.28));
  const middle = Math.max(3, Math.floor(rest * 0.34));
  const left = Math.max(LATENCY_LEAST_COLUMNS / columns, 0.36);
  return [
    ...sparks,
    ...section(table, columns, rest - middle - last),
    ...(middle < LATENCY_LEAST_ROWS
      ? section(open, columns, middle)
      : beside(latency, open, left, columns, middle)),
    ...section(incidents, columns, last),
  ];
}

type Draw = (columns: number, rows: number) => readonly Line[];

/** Exactly `rows` lines. */
function section(draw: Draw, columns: number, rows: number): readonly Line[] {
  const lines = draw(columns, rows);
  return Array.from({ length: rows }, (_, i) => lines[i] ?? EMPTY);
}

/** @param part the fraction of the columns for the left panel. */
function beside(left: Draw, right: Draw, part: number, columns: number, rows: number): readonly Line[] {
  const leftColumns = Math.floor(columns * part);
  const rightLines = section(right, columns - leftColumns - GAP_COLUMNS, rows);
  return section(left, leftColumns, rows).map((line, i) => [
    ...pad(line, leftColumns + GAP_COLUMNS),
    ...(rightLines[i] ?? EMPTY),
  ]);
}

/** The worst news in short, and the size of a terminal that shows more. */
function smallLines({ columns, rows }: ScreenSize, state: TopState, glyphs: Glyphs): readonly Line[] {
  const { live } = state;
  const open = live?.incidents.filter(({ state: is }) => is === "open").length ?? 0;
  const oldestMs = live?.in_flight.find(({ waits_by_design }) => !waits_by_design)?.age_ms;
  return [
    ...(open === 0 ? [] : [[span(`${open} open incident${open === 1 ? "" : "s"}`, "trouble")]]),
    ...(oldestMs === undefined ? [] : [[span(`oldest in flight: ${durationText(oldestMs)}`)]]),
    ...(live === undefined || rows < 6 ? [] : incidentListLines(live, columns, rows - 6, glyphs).slice(1)),
    [span(`${columns}x${rows} is too small: ${LEAST_SIZE.columns}x${LEAST_SIZE.rows} shows more`, "faint")],
  ];
}

function keysLine(columns: number, { arrows }: Glyphs): Line {
  const key = (keys: string, what: string, rank: number) => ({
    rank,
    line: [span(keys, "strong"), span(` ${what}`, "faint")],
  });
  return joinParts(
    [
      key("q", "quit", 9),
      key("?", "help", 8),
      key("s c p", "rows", 7),
      key("< >", "sort", 6),
      key(arrows, "select", 4),
      key("space", "pause", 5),
      key("+ -", "speed", 3),
    ],
    columns,
    "   ",
  );
}
