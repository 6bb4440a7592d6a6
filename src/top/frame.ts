// From lines to what a terminal is sent: styles become SGR sequences of the 16 colours, and only lines that have changed
// are sent again. Pure; terminal.ts of the command line writes it. This is the only place that makes escape sequences.

import type { Line, Style } from "./line.ts";

export type Palette = Readonly<Record<Style, string>>;

const ESC = "\u001b[";
const RESET = `${ESC}0m`;

/** SGR parameters. Without colours everything can still be told apart by its words. */
export const COLOURS: Palette = {
  ...{ plain: "", faint: "2", strong: "1", title: "1;36", bar: "36", chosen: "7" },
  ...{ trouble: "1;31", alarm: "1;7;31" },
};
export const NO_COLOURS: Palette = {
  ...{ plain: "", faint: "2", strong: "1", title: "1;4", bar: "", chosen: "7" },
  ...{ trouble: "1", alarm: "1;7" },
};

export function styledText(line: Line, palette: Palette): string {
  return line
    .map(({ text, style }) => {
      const parameters = palette[style];
      return text === "" || parameters === "" ? text : `${ESC}${parameters}m${text}${RESET}`;
    })
    .join("");
}

/**
 * What makes the screen of `before` into the one of `after`, as one write; empty where nothing has changed.
 * @param before lines as they were sent last; undefined: what is there is not known.
 */
export function frameText(before: readonly string[] | undefined, after: readonly string[]): string {
  // Cleared before it is written: after a full line the cursor stands on its last character.
  const changed = after.flatMap((line, row) =>
    before?.[row] === line ? [] : [`${ESC}${row + 1};1H${ESC}K${line}`],
  );
  if (changed.length === 0) return "";
  const clear = before === undefined ? `${ESC}2J` : "";
  // Synchronized output: a terminal that knows it shows all at once, others pass it over.
  return `${ESC}?2026h${clear}${changed.join("")}${ESC}?2026l`;
}
