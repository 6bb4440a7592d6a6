// Rows as a table for a terminal. In: titles and cells, which may hold anything; out: lines whose columns stand below one
// another, and that no terminal obeys. Pure.

import { escapeControls } from "../model/escape.ts";

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
