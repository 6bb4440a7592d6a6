// Turns lines into what a terminal is sent: styles become SGR sequences of the 16 colours, and only lines that have
// changed are sent again. Pure; cli/terminal.ts writes it. This is the only file that makes escape sequences.

import type { Line, Style } from "./line.ts";

export type Palette = Readonly<Record<Style, string>>;

const ESC = "\u001b[";
const RESET = `${ESC}0m`;

/** SGR parameters. No meaning depends on a colour alone: the words differ, too. */
export const COLOURS: Palette = {
  plain: "",
  faint: "2",
  strong: "1",
  title: "1;36",
  bar: "36",
  chosen: "7",
  trouble: "1;31",
  alarm: "1;7;31",
};
export const NO_COLOURS: Palette = {
  plain: "",
  faint: "2",
  strong: "1",
  title: "1;4",
  bar: "",
  chosen: "7",
  trouble: "1",
  alarm: "1;7",
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
 * The text that changes the screen from `before` to `after`, for one write; empty if nothing has changed.
 * @param before the lines that were sent last; undefined if the screen's content is unknown.
 */
export function frameText(before: readonly string[] | undefined, after: readonly string[]): string {
  // A line is cleared before it is written: after a full line the cursor is on its last character.
  const changed = after.flatMap((line, row) =>
    before?.[row] === line ? [] : [`${ESC}${row + 1};1H${ESC}K${line}`],
  );
  if (changed.length === 0) return "";
  const clear = before === undefined ? `${ESC}2J` : "";
  // Synchronized output: a terminal that supports it shows all changes at once, others ignore it.
  return `${ESC}?2026h${clear}${changed.join("")}${ESC}?2026l`;
}
