// The table: shares, commands or processes with their figures. It has a line of titles and a line for each row that has
// room, the selected one among them.

import { GROUPS, type LiveRow } from "../api/live.ts";
import { type Column, columnsFor, isOverdue } from "./columns.ts";
import {
  clip,
  fit,
  type Glyphs,
  harmless,
  type Line,
  plainText,
  type Style,
  span,
  type TextSpan,
} from "./line.ts";
import { rowsOf, type TopState } from "./state.ts";

const MARK_COLUMNS = 2;

/** @param height lines, including the titles; at least 2. */
export function groupTableLines(
  state: TopState,
  columns: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const shown = columnsFor(columns, state.sort);
  const nameColumns = columns - shown.reduce((sum, { width }) => sum + width + 1, 0);
  const rows = rowsOf(state);
  const room = height - 1;
  const first = firstShown(
    rows.findIndex(({ key }) => key === state.chosen),
    rows.length,
    room,
  );
  const lines = rows
    .slice(first, first + room)
    .map((row) => rowLine(row, row.key === state.chosen, shown, nameColumns, glyphs));
  const empty = state.live === undefined ? "" : "  no requests";
  return [
    titles(state, shown, nameColumns, rows.length - first - room, glyphs),
    ...(rows.length === 0 ? [[span(empty, "faint")]] : lines),
  ];
}

/** The first row to show, so that the selected one is visible. */
function firstShown(chosen: number, rows: number, room: number): number {
  if (chosen < room - 1) return 0;
  return Math.max(0, Math.min(rows - room, chosen - Math.floor(room / 2)));
}

/** @param more rows below that have no room. */
function titles(
  { group, sort }: TopState,
  shown: readonly Column[],
  nameColumns: number,
  more: number,
  glyphs: Glyphs,
): Line {
  const tabs = GROUPS.flatMap((one, i) => [
    span(i === 0 ? "" : " "),
    one === group ? span(one.toUpperCase(), "title") : span(one, "faint"),
  ]);
  const left = more > 0 ? [...tabs, span(`  ${more} more below`, "faint")] : tabs;
  const name = clip(left, nameColumns);
  const used = name.reduce((sum, { text }) => sum + text.length, 0);
  return [
    ...name,
    span(" ".repeat(Math.max(0, nameColumns - used))),
    ...shown.map(({ id, title, width }) =>
      id === sort
        ? span(` ${fit(glyphs.sorted + title, width, glyphs, "right")}`, "title")
        : span(` ${fit(title, width, glyphs, "right")}`, "faint"),
    ),
  ];
}

function rowLine(
  row: LiveRow,
  isChosen: boolean,
  shown: readonly Column[],
  nameColumns: number,
  glyphs: Glyphs,
): Line {
  const mark = fit(isChosen ? glyphs.chosen : "", MARK_COLUMNS, glyphs);
  const name = fit(harmless(row.key, glyphs), nameColumns - MARK_COLUMNS, glyphs, "left", "ends");
  const cells: readonly TextSpan[] = [
    span(mark + name, isOverdue(row) ? "trouble" : "plain"),
    ...shown.map((column) =>
      span(` ${fit(column.text(row), column.width, glyphs, "right")}`, cellStyle(column, row)),
    ),
  ];
  return isChosen ? [span(plainText(cells), "chosen")] : cells;
}

/** The style of a cell: an overdue request is red, and a highlighted column stands out if it is not 0. */
export function cellStyle({ id, isHighlighted, value }: Column, row: LiveRow): Style {
  if (id === "oldest" && isOverdue(row)) return "trouble";
  return isHighlighted === true && value(row) > 0 ? "strong" : "plain";
}
