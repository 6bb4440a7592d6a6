// Finds secrets that a program reads from its standard input: a pipe, a here-string or a here-document. programs.ts
// lists these programs, commands.ts reads their options.

import type { Pass } from "./pass.ts";
import { PROGRAMS } from "./programs.ts";
import { isBlank, isShown } from "./reader.ts";
import type { Span } from "./span.ts";
import { readValue } from "./values.ts";

const HERE_MAX = 1024;
const ECHOED_MAX = 4;

/** Ends the programs of a line, because a new line or the next program begins. */
export function endCommands(pass: Pass): void {
  if (pass.commands.length > 0) pass.commands = [];
}

/** Before `|`: the echoed text may be the secret of the program behind it. */
export function endPipe(pass: Pass, at: number): void {
  const span = echoSpan(pass, at);
  // A program in between, such as tee, passes the echoed text on.
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

/** Hides the word of `kinit joe <<< secret`. */
export function hidesHereString(pass: Pass, at: number): boolean {
  if (!pass.commands.some(({ program }) => program.stdin !== undefined)) return false;
  return pass.hideValue(readValue(pass.reader, pass.reader.skipBlanks(at + 3), "word"));
}

/** Hides the lines of `passwd joe <<EOF`, up to the word. */
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

/** Hides the text that was echoed into the pipe of a program that reads a secret. */
export function hidesPiped(pass: Pass): boolean {
  const { piped, reader, text } = pass;
  pass.piped = [];
  let isHidden = false;
  for (let { from, to } of piped) {
    while (to > from && (isBlank(reader.code(to - 1)) || text[to - 1] === ")")) to--;
    // A single quote is the rest of a secret that was hidden before.
    if (to <= from || /^["'`]$/.test(text.slice(from, Math.min(to, from + 2)))) continue;
    const value = readValue(reader, from, "word");
    if (value !== undefined && value.next === to) ({ from, to } = value);
    pass.hide(from, to, pass.at);
    isHidden = true;
  }
  return isHidden;
}
