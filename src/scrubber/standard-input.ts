// Secrets that a program reads from its standard input: from a pipe, a here-string or a here-document. Which programs read one is
// programs.ts; their options are commands.ts.

import type { Pass } from "./pass.ts";
import { PROGRAMS } from "./programs.ts";
import { isBlank, isShown } from "./reader.ts";
import type { Span } from "./span.ts";
import { readValue } from "./values.ts";

const HERE_MAX = 1024;
const ECHOED_MAX = 4;

/** A line, or the next program of it, begins. */
export function endCommands(pass: Pass): void {
  if (pass.commands.length > 0) pass.commands = [];
}

/** Before `|`: what was echoed may be the secret of the program behind it. */
export function endPipe(pass: Pass, at: number): void {
  const span = echoSpan(pass, at);
  // What goes through a program between, such as tee, stays what was echoed.
  if (span !== undefined || pass.echoed.length > 0)
    pass.piped = span === undefined ? pass.echoed : [...pass.echoed, span];
  pass.echoed = [];
  endCommands(pass);
}

/** Before `;`: the next program may write into the same pipe, `(echo a; echo b) | passwd joe`. */
export function endProgram(pass: Pass, at: number): void {
  const span = echoSpan(pass, at);
  if (span !== undefined && pass.echoed.length < ECHOED_MAX) pass.echoed.push(span);
  endCommands(pass);
}

function echoSpan(pass: Pass, at: number): Span | undefined {
  const echo = pass.commands.find(({ program }) => program === PROGRAMS.get("echo"));
  if (echo === undefined) return undefined;
  const { reader, text } = pass;
  let from = reader.skipBlanks(echo.from);
  while (text[from] === "-" && from < at) from = reader.skipBlanks(reader.runEnd(from, isShown));
  return { from: Math.max(from, pass.floor), to: at };
}

/** `kinit joe <<< secret`. */
export function hidesHereString(pass: Pass, at: number): boolean {
  if (!pass.commands.some(({ program }) => program.stdin !== undefined)) return false;
  return pass.hideValue(readValue(pass.reader, pass.reader.skipBlanks(at + 3), "word"));
}

/** `passwd joe <<EOF`: the lines up to the word. */
export function hidesHereDocument(pass: Pass, at: number): boolean {
  if (!pass.commands.some(({ program }) => program.stdin !== undefined)) return false;
  const { text, reader } = pass;
  const word = /^<<-?[ \t]*(["']?)(\w{1,30})\1/.exec(reader.ahead(at))?.[2];
  const feed = reader.lineEnd(at);
  if (word === undefined || feed >= text.length) return false;
  const body = text.slice(feed + 1, feed + 1 + HERE_MAX);
  const end = `\n${body}`.search(new RegExp(`\n[ \t]*${word}(?:\n|$)`));
  if (end <= 0) return false;
  pass.hide(feed + 1, feed + end, feed + end);
  return true;
}

/** What was echoed into the pipe of a program that reads a secret. */
export function hidesPiped(pass: Pass): boolean {
  const { piped, reader, text } = pass;
  pass.piped = [];
  let isHidden = false;
  for (let { from, to } of piped) {
    while (to > from && (isBlank(reader.code(to - 1)) || text[to - 1] === ")")) to--;
    // A quote is what the last secret has left.
    if (to <= from || /^["'`]$/.test(text.slice(from, Math.min(to, from + 2)))) continue;
    const value = readValue(reader, from, "word");
    if (value !== undefined && value.next === to) ({ from, to } = value);
    pass.hide(from, to, pass.at);
    isHidden = true;
  }
  return isHidden;
}
