// Hides values of several lines: YAML's blocks of text and lists, lines that are indented below a name, strings in
// three quotes. Linear, because the pass continues behind the hidden text, and a line is read once from the line before
// it.

import type { Pass } from "./pass.ts";
import { isBlank, isDigit, isQuote, LINE_FEED, LOOK_MAX } from "./reader.ts";
import { quoteAt, readValue, type Value } from "./values.ts";

const AT_LINE_START = /^\s*(?:[-#;*+>] ?)*(?:export |set |setenv |env |declare -x )?\\*["'`]?$/;

const HAS_NAME = /^[\w."'-]+\s*[:=]/;
/** The longest prefix that a log or a comment puts before each line. */
const PREFIX_MAX = 128;

/** Whether the name is the first word of its line. */
export function beginsLine({ reader, lineStart }: Pass, name: number): boolean {
  return name - lineStart < LOOK_MAX && AT_LINE_START.test(reader.before(name, lineStart));
}

/** Hides YAML's block of text: all lines that are indented further. */
export function hidesBlock(pass: Pass, name: number, start: number): boolean {
  const { text, reader } = pass;
  if (text[start] !== "|" && text[start] !== ">") return false;
  if (!/^[|>][-+\d]{0,2}[ \t\r]*(?:#[^\n]*)?(?:\n|$)/.test(reader.ahead(start))) return false;
  const feed = reader.lineEnd(start);
  const lines = prefixedLines(pass, name, feed) ?? indentedLines(pass, feed);
  return lines !== undefined && pass.hideValue(lines);
}

/** Hides the value below a name that ends its line: a string, a list, or indented lines. */
export function hidesBelow(pass: Pass, name: number, feed: number): boolean {
  const { text, reader } = pass;
  const line = feed + 1;
  const prefixed = prefixedLines(pass, name, feed);
  if (prefixed !== undefined && !HAS_NAME.test(reader.ahead(prefixed.from))) return pass.hideValue(prefixed);
  const content = reader.skipBlanks(line);
  const isList = text.startsWith("- ", content);
  if (content >= text.length || text.charCodeAt(content) === LINE_FEED) return false;
  if (quoteAt(reader, content) !== undefined) {
    const value = readValue(reader, content, "item");
    if (value === undefined || text[reader.skipBlanks(value.next)] === ":") return false;
    return pass.hideValue(value);
  }
  const isOwnLine = beginsLine(pass, name);
  const isDeep = content - line > indentation(pass) || isList;
  if (!isOwnLine || !isDeep || HAS_NAME.test(reader.ahead(content))) return false;
  return pass.hideValue(indentedLines(pass, feed, isList));
}

/** Hides a string of several lines in the form of TOML and Python. */
export function hidesTriple(pass: Pass, start: number): boolean {
  if (!isQuote(pass.text.charCodeAt(start))) return false;
  const mark = pass.text.slice(start, start + 3);
  if (mark !== '"""' && mark !== "'''") return false;
  const close = pass.reader.next(mark, start + 3);
  const to = close < pass.text.length ? close : pass.reader.lineEnd(start);
  pass.hide(start + 3, to, Math.min(to + 3, pass.text.length));
  return true;
}

// --- internal ---

/** The column of the first key in the line, behind the dash of a list. */
function indentation({ reader, lineStart }: Pass): number {
  return reader.runEnd(lineStart, (code) => isBlank(code) || code === 45, LOOK_MAX) - lineStart;
}

/** The lines behind `feed` that are indented further than the one that the pass is in. */
function indentedLines(pass: Pass, feed: number, isList = false): Value | undefined {
  const { text, reader } = pass;
  const own = indentation(pass);
  let from = -1;
  let to = feed;
  for (let line = feed + 1; line < text.length; ) {
    const content = reader.skipBlanks(line);
    const end = reader.lineEnd(content);
    if (content < end) {
      const isItem = isList && content - line === own && text.startsWith("- ", content);
      if (content - line <= own && !isItem) break;
      if (from < 0) from = content;
      to = end;
    }
    line = end + 1;
  }
  return from < 0 ? undefined : { from, to, next: to };
}

/** The lines behind `feed` that begin like the one of the name, up to digits, and are indented further. */
function prefixedLines(pass: Pass, name: number, feed: number): Value | undefined {
  const { text, reader } = pass;
  const length = name - pass.lineStart;
  if (length > PREFIX_MAX || text.slice(pass.lineStart, name).trim() === "") return undefined;
  let from = -1;
  let to = feed;
  for (let line = feed + 1; line < text.length && isLike(pass, line, length); ) {
    const content = reader.skipBlanks(line + length);
    if (content === line + length) break;
    const end = reader.lineEnd(content);
    if (content < end) {
      if (from < 0) from = content;
      to = end;
    }
    line = end + 1;
  }
  return from < 0 ? undefined : { from, to, next: to };
}

/** Whether both lines have the same prefix; times and process ids in it may differ. */
function isLike({ text, reader, lineStart }: Pass, line: number, length: number): boolean {
  for (let at = 0; at < length; at++) {
    const [own, other] = [text.charCodeAt(lineStart + at), text.charCodeAt(line + at)];
    reader.steps++;
    if (own !== other && !(isDigit(own) && isDigit(other))) return false;
  }
  return true;
}
