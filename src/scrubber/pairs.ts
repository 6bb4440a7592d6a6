// Finds the values of names of secrets: adjacent ones (settings, mount options, JSON, YAML, hashes of PHP and Ruby, XML
// elements) and separate ones (`{"name": "PASSWORD", "value": "…"}`). names.ts decides which names count, values.ts
// where values end.

import { beginsLine, hidesBelow, hidesBlock, hidesTriple } from "./blocks.ts";
import { hidesElement, hidesText } from "./elements.ts";
import { isHarmless, isPlain } from "./harmless.ts";
import { judgeName, type NameKind } from "./names.ts";
import type { Pass } from "./pass.ts";
import { BACKSLASH, isBlank, isIdent, isQuote, LINE_FEED, LOOK_MAX } from "./reader.ts";
import { MASK } from "./span.ts";
import { type Form, quoteAt, quoteEntity, readLine, readValue, type Value } from "./values.ts";

/** The largest distance between a name and its separate value. */
const PAIR_MAX = 512;
const BLANK = 32;
const COLON = 58;
const EQUALS = 61;
const DASH = 45;
const CLOSED_BRACKET = 93;
const GREATER = 62;
const DOT = 46;

const NAME_BEFORE =
  /(?:^|[^a-z0-9])(?:name|key|k|field|id|param|parameter|variable|var|env|property|prop|option|attribute|attr|label|setting|header|type|arg|title)(?:\\*["'`])?\]?\s*(?:=>?|:=?|>)\s*(?:\\*["'`])?:?(?:[\w-]{1,64}\.){0,8}$/i;
const VALUE_NAMES: ReadonlySet<string> = new Set(
  "value val v string data content contents default defaultvalue default_value text stringvalue string_value secretstring plaintext literal newvalue new_value current".split(
    " ",
  ),
);
const VALUE_NAME_MAX = Math.max(...[...VALUE_NAMES].map((name) => name.length));

interface Separator {
  /** The place behind it. */
  readonly end: number;
  readonly isColon: boolean;
  /** There is a blank on at least one side. */
  readonly isSpaced: boolean;
}

/** Handles an identifier that names a secret; true if its value was hidden. */
export function recogniseName(pass: Pass, from: number, to: number): boolean {
  const { text } = pass;
  const kind = judgeName(pass.name(from, to));
  if (kind === undefined) return false;
  if (hidesElement(pass, from, to)) return true;
  const behind = nameEnd(pass, to, text[from - 1]);
  const separator = readSeparator(pass, indexEnd(pass, behind));
  if (separator !== undefined) {
    if (isPath(pass, from, separator)) return false;
    return hidesAssigned(pass, kind, from, to, separator);
  }
  if (hidesPairOfStrings(pass, from, to, behind)) return true;
  return expectsValue(pass, from, to, behind);
}

/**
 * Handles `value` and similar identifiers: hides the value of an earlier name, or remembers it for a name that may
 * follow.
 */
export function recogniseValueName(pass: Pass, from: number, to: number): boolean {
  if (to - from > VALUE_NAME_MAX) return false;
  const isExpected = from < pass.pairUntil;
  if (!VALUE_NAMES.has(pass.text.slice(from, to).toLowerCase())) return false;
  if (isExpected && hidesElement(pass, from, to)) {
    pass.pairUntil = 0;
    return true;
  }
  const separator = readSeparator(pass, nameEnd(pass, to));
  if (separator === undefined) return false;
  const start = pass.reader.skipBlanks(separator.end);
  const isMasked = pass.text.startsWith(MASK, start);
  if (!isMasked && (pass.text[start] === "{" || pass.text[start] === "[")) return false;
  if (!isExpected) {
    pass.valueAt = start;
    return false;
  }
  pass.pairUntil = 0;
  return hidesAssigned(pass, "secret", from, to, separator);
}

// --- internal ---

/**
 * The place behind the name's closing quote and the bracket of an index, and behind `%` and `*` if they are on both
 * sides.
 */
function nameEnd(pass: Pass, to: number, before?: string): number {
  const { text, reader } = pass;
  if ((before === "%" || before === "*") && text[to] === before && !/^%3[ad]/i.test(text.slice(to, to + 3)))
    return reader.runEnd(to, (code) => code === before.charCodeAt(0), 3);
  const quote = quoteAt(reader, to);
  const entity = quote === undefined ? quoteEntity(text, to) : undefined;
  const at = quote?.from ?? to + (entity?.length ?? 0);
  return text[at] === "]" ? at + 1 : at;
}

/**
 * The place behind an index, `passwd[joe]=`. `passwd[4711]:` is a process, and without a separator there is no index.
 */
function indexEnd({ text, reader }: Pass, at: number): number {
  if (text[at] !== "[") return at;
  return (
    at +
    (/^\[[^\]\n]{0,40}\](?=[ \t]*=(?!=))|^\[(?!\d+\])[^\]\n]{0,40}\](?=[ \t]*:)/.exec(reader.ahead(at))?.[0]
      .length ?? 0)
  );
}

export function readSeparator(pass: Pass, at: number): Separator | undefined {
  const { text, reader } = pass;
  const from = reader.skipBlanks(at);
  const code = text.charCodeAt(from);
  const following = text.charCodeAt(from + 1);
  const isAfterBlank = from > at;
  const make = (end: number, isColon: boolean): Separator => {
    return { end, isColon, isSpaced: isAfterBlank || isBlank(text.charCodeAt(end)) };
  };
  if (code === EQUALS) {
    if (following === GREATER) return make(from + 2, false);
    return following === EQUALS ? undefined : make(from + 1, false);
  }
  if (code === DASH && following === GREATER) return make(from + 2, false);
  if (code === COLON) {
    // In LDIF base64 follows. A name of C++ or Rust has no blank there.
    if (following === COLON) return isBlank(text.charCodeAt(from + 2)) ? make(from + 2, true) : undefined;
    return following === EQUALS ? make(from + 2, false) : make(from + 1, true);
  }
  if (code === 37 && /^%3[ad]$/i.test(text.slice(from, from + 3))) return make(from + 3, false);
  return undefined;
}

/** Whether the name is part of a path, `/etc/passwd: no such file`, and not a switch of Windows, `/password:x`. */
function isPath(pass: Pass, from: number, { end, isColon, isSpaced }: Separator): boolean {
  const { text } = pass;
  if (!isColon || text[from - 1] !== "/") return false;
  const isSwitch = !isSpaced && (from < 2 || isBlank(text.charCodeAt(from - 2)));
  return !isSwitch || isBlank(text.charCodeAt(end)) || text[end] === "\n";
}

function hidesAssigned(pass: Pass, kind: NameKind, from: number, to: number, separator: Separator): boolean {
  const { text, reader } = pass;
  const { end, isColon } = separator;
  if (text.charCodeAt(end) === 0) return false;
  const isBold = text[from - 1] === "*" && text.startsWith("** ", end);
  const start = skipEscapedLines(pass, reader.skipBlanks(isBold ? end + 2 : end));
  if (start >= text.length) return false;
  if (text.charCodeAt(start) === LINE_FEED) return isColon && hidesBelow(pass, from, start);
  if (text[start] === "{" && text[start + 1] !== "{") {
    pass.pairUntil = start + PAIR_MAX;
    return false;
  }
  const name = pass.name(from, to);
  if (isPlain(pass, kind, name, from, start)) return false;
  if (hidesBlock(pass, from, start) || hidesTriple(pass, start) || hidesArray(pass, start)) return true;
  const value = readAssigned(pass, kind, name, from, start, separator);
  return value !== undefined && pass.hideValue(value);
}

/** Skips escaped line feeds: JSON of several lines within a string of JSON. */
function skipEscapedLines(pass: Pass, at: number): number {
  if (pass.text.charCodeAt(at) !== BACKSLASH) return at;
  return at + (/^(?:\\+[nrt][ \t]*)+(?=\\+["'])/.exec(pass.reader.ahead(at))?.[0].length ?? 0);
}

function readAssigned(
  pass: Pass,
  kind: NameKind,
  name: string,
  from: number,
  start: number,
  { isColon, isSpaced, end }: Separator,
): Value | undefined {
  const { text, reader } = pass;
  const isVariable = /^[A-Z][A-Z0-9_]*$/.test(name);
  const isOwnLine = beginsLine(pass, from);
  const form = formOf(name, !isColon && (isVariable || isOwnLine));
  const value = readValue(reader, start, form);
  const isQuoted = quoteAt(reader, start) !== undefined || isQuote(text.charCodeAt(from - 1));
  if (value === undefined || isHarmless(pass, kind, name, value)) return undefined;
  if (reader.code(value.next) === BLANK) {
    const end = argumentEnd(pass, value.next);
    if (end !== undefined) return { from: value.from, to: end, next: end };
  }
  if (isQuoted || name.startsWith("-")) return value;
  if (!isOwnLine) return isColon ? value : withinQuotes(pass, from, value);
  if (text.charCodeAt(value.next - 1) === CLOSED_BRACKET) return value;
  if ((isColon && isBlank(text.charCodeAt(end))) || (!isColon && isSpaced)) return readLine(reader, start);
  // In files of credentials the value is all words up to the next name.
  if (isColon || isVariable || !isBlank(text.charCodeAt(value.next))) return value;
  return untilNextName(pass, value);
}

function formOf(name: string, isAlone: boolean): Form {
  if (name.startsWith("--")) return "word";
  return isAlone ? "variable" : "item";
}

/** In /proc/PID/cmdline and environ a blank does not end a value: a comma or the next NUL does. */
function argumentEnd({ reader }: Pass, from: number): number | undefined {
  const end = reader.next("\0", from);
  return end < reader.lineEnd(from) ? Math.min(end, reader.next(",", from)) : undefined;
}

/** `-o "user=joe,password=two words"`: the quote before the first option ends the last value. */
function withinQuotes(pass: Pass, name: number, value: Value): Value {
  const { text, reader } = pass;
  if (text[value.next] !== " ") return value;
  const quote = /(["'])[\w.]+(?:=[^"'\s]*|,[^"'\s]*)*$/.exec(`${reader.before(name, pass.floor)}x`)?.[1];
  if (quote === undefined) return value;
  const close = reader.next(quote, value.next);
  if (close >= reader.lineEnd(value.next)) return value;
  const whole = untilNextName(pass, value);
  const comma = reader.next(",", value.next);
  const to = Math.min(close, whole.to, comma);
  return { from: value.from, to, next: to };
}

/** All words up to the next one that is a name with `=`, or to the end of the line. */
function untilNextName({ text, reader }: Pass, { from, next }: Value): Value {
  let to = next;
  let word = next;
  let isName = true;
  let at = next;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED || (isName && code === EQUALS)) break;
    if (isBlank(code)) {
      if (at > word) to = at;
      word = at + 1;
      isName = true;
    } else if (!isIdent(code)) isName = false;
  }
  const isLast = at >= text.length || text.charCodeAt(at) === LINE_FEED;
  if (isLast && at > word) to = at;
  reader.steps += at - next + 1;
  return { from, to, next: to };
}

/** Hides all strings of a list. */
function hidesArray(pass: Pass, start: number): boolean {
  const { text, reader } = pass;
  if (text[start] !== "[" || text.startsWith(MASK, start)) return false;
  if (!/^\[\s*(?:\\*["'`]|[0-9a-f]{2}[ :-])/i.test(reader.ahead(start))) return false;
  const end = Math.min(reader.next("]", start), reader.lineEnd(start));
  if (end <= start + 1) return false;
  pass.hide(start, Math.min(end + 1, reader.lineEnd(start)));
  return true;
}

/**
 * Hides the second string of `("password", "…")`, `["password", "…"]`, and strace's `fsconfig(3, FSCONFIG_SET_STRING,
 * "password", "…", 0)`.
 */
function hidesPairOfStrings(pass: Pass, from: number, to: number, behind: number): boolean {
  const { text, reader } = pass;
  if (behind === to || !/(?:[([{]|\b[A-Z_]{4,},)\s*\\*["'`]$/.test(reader.before(from, pass.floor)))
    return false;
  const comma = reader.skipBlanks(behind);
  if (text[comma] !== ",") return false;
  const start = reader.skipBlanks(comma + 1);
  return quoteAt(reader, start) !== undefined && pass.hideValue(readValue(reader, start, "item"));
}

/** Whether NAME_BEFORE can match: most names need not be matched against it. */
function mayFollowName({ text, floor }: Pass, from: number): boolean {
  let at = from - 1;
  const least = Math.max(floor, from - LOOK_MAX);
  while (at >= least && isNoMark(text.charCodeAt(at))) at--;
  if (at < least) return false;
  const code = text.charCodeAt(at);
  if (code === EQUALS || code === COLON || code === GREATER) return true;
  return at === from - 1 && (code === DOT || isQuote(code));
}

/** Includes all kinds of blanks; outside ASCII also other characters. */
const isNoMark = (code: number): boolean => code <= BLANK || code > 126;

/** Handles a name that is itself the value of a `name`: its value has another name, and may have come before it. */
function expectsValue(pass: Pass, from: number, to: number, behind: number): boolean {
  const { text, reader } = pass;
  if (!mayFollowName(pass, from) || !NAME_BEFORE.test(reader.before(from, pass.floor))) return false;
  const { valueAt } = pass;
  pass.valueAt = -1;
  if (valueAt >= pass.floor && from - valueAt < PAIR_MAX) {
    const value = readValue(reader, valueAt, "item");
    if (value !== undefined && value.next <= from) {
      pass.hide(value.from, value.to);
      return true;
    }
  }
  pass.pairUntil = to + PAIR_MAX;
  // <entry key="password">…</entry>
  if (behind > to && text.charCodeAt(behind) === GREATER && text.charCodeAt(behind - 1) !== BACKSLASH)
    return hidesText(pass, behind + 1);
  return false;
}
