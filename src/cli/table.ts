// Rows as a table for a terminal, whatever their cells hold: columns one below the other, in lines that no terminal
// obeys. Pure.

import { escapeControls } from "../model/escape.ts";
import { fit, type Glyphs, harmless, type Line, type Style, span, type TextSpan } from "../top/line.ts";

export interface FittingColumn {
  readonly title: string;
  readonly cells: readonly string[];
  /** Where there is no room for all columns, the lowest rank goes first; Infinity always stays. */
  readonly rank: number;
  /** By row; plain without it. */
  readonly styles?: readonly Style[];
}

const GAP = 2;
/** The last column has at least this many cells of the screen. */
const LAST_LEAST = 16;

/** The titles first. The last column is not filled up: what is long and ragged belongs there. */
export function columnLines(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [titles, ...rows.map((row) => row.map(escapeControls))];
  const widths = titles.map((_, column) =>
    all.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/**
 * The titles first. Columns are left out until the others fit, and then the last column is shortened in its middle.
 * @param room cells of the screen; Infinity where the lines go into a file or a pipe.
 */
export function fittingLines(
  columns: readonly FittingColumn[],
  room: number,
  glyphs: Glyphs,
): readonly Line[] {
  const shown = chooseColumns(
    columns.map((column) => ({ ...column, cells: column.cells.map((cell) => harmless(cell, glyphs)) })),
    room,
  );
  const widths = shown.map(widthOfColumn);
  const last = shown.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP, 0);
  widths[last] = Math.min(widths[last] ?? 0, Math.max(LAST_LEAST, room - before));
  const cellAt = (text: string, index: number, style: Style): TextSpan => {
    const cell = fit(text, widths[index] ?? 0, glyphs, "left", "ends");
    return span(index === last ? cell.trimEnd() : cell + " ".repeat(GAP), style);
  };
  const rows = shown[0]?.cells.length ?? 0;
  return [
    shown.map(({ title }, index) => cellAt(title, index, "faint")),
    ...Array.from({ length: rows }, (_, row) =>
      shown.map(({ cells, styles }, index) => cellAt(cells[row] ?? "", index, styles?.[row] ?? "plain")),
    ),
  ];
}

// --- internal ---

function widthOfColumn({ title, cells }: FittingColumn): number {
  return cells.reduce((widest, cell) => Math.max(widest, Bun.stringWidth(cell)), title.length);
}

function chooseColumns(columns: readonly FittingColumn[], room: number): readonly FittingColumn[] {
  let shown = columns;
  const leastWidth = () =>
    shown.reduce(
      (sum, column, index) => sum + (index === shown.length - 1 ? LAST_LEAST : widthOfColumn(column) + GAP),
      0,
    );
  while (leastWidth() > room) {
    const least = Math.min(...shown.map(({ rank }) => rank));
    if (least === Infinity) break;
    shown = shown.filter(({ rank }) => rank !== least);
  }
  return shown;
}
