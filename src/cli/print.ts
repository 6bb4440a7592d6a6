// What commands print on standard output, and how: lines, or JSON that no terminal obeys.

import { escapeControls } from "../model/escape.ts";

export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** What JSON lets pass, and a terminal obeys, is escaped; it means the same to whoever parses it. */
export function safeJson(value: unknown): readonly string[] {
  return JSON.stringify(value, null, 2).split("\n").map(escapeControls);
}

export function printJson(value: unknown): void {
  printLines(safeJson(value));
}
