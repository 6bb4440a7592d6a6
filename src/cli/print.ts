// Standard output of commands: lines, styled lines, or JSON with control characters escaped.

import { escapeControls } from "../model/escape.ts";
import { COLOURS, NO_COLOURS, styledText } from "../top/frame.ts";
import { glyphsOf } from "../top/glyphs.ts";
import type { Glyphs, Line } from "../top/line.ts";
import { outputSize } from "./terminal.ts";

export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Lines with their styles on a terminal, which NO_COLOR reduces; plain text anywhere else. */
export function printStyled(lines: readonly Line[]): void {
  const palette = process.env.NO_COLOR ? NO_COLOURS : COLOURS;
  const texts = lines.map((line) => styledText(line, palette));
  printLines(process.stdout.isTTY === true ? texts : texts.map((text) => Bun.stripANSI(text).trimEnd()));
}

/** Cells of the screen in a line, without a limit where the output goes into a file or a pipe; and what it can show. */
export function tableRoom(): { readonly columns: number; readonly glyphs: Glyphs } {
  const columns = process.stdout.isTTY === true ? outputSize().columns : Infinity;
  return { columns, glyphs: glyphsOf(process.env) };
}

/** JSON that is safe for a terminal: control characters that JSON allows are escaped, and the value is the same. */
export function safeJson(value: unknown): readonly string[] {
  return JSON.stringify(value, null, 2).split("\n").map(escapeControls);
}

export function printJson(value: unknown): void {
  printLines(safeJson(value));
}
