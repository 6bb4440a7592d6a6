// Finds the begin and end of a name's value: in quotes of any depth, escaped, doubled, a word of a shell, an item of a
// list, or the rest of a line. Does not decide whether a value is secret. Linear, because the pass continues behind it.

import {
  BACKSLASH,
  isBlank,
  isBoundary,
  isIdent,
  isQuote,
  isWordLetter,
  LINE_FEED,
  type Reader,
} from "./reader.ts";
import { MASK } from "./span.ts";

/** The span of a value, and the place where the pass continues. */
export interface Value {
  readonly from: number;
  readonly to: number;
  readonly next: number;
}

/** The form of a value without quotes, which decides what ends it besides a blank. */
export type Form =
  /** A word of a shell. */
  | "word"
  /** An item of a list: mount options, connection strings, forms of the web, JSON. */
  | "item"
  /** A variable, or a line of a file, in which a comma is a letter like others. */
  | "variable";

/** Options of mounts that have no value. */
const FLAG =
  /^(?:r[wo]|soft|hard|seal|sign|mfsymlinks|multiuser|sfu|intr|exec|suid|dev|auto|users?|guest|persistenthandles|resilienthandles|multichannel|relatime|_netdev|no[a-z]+|[a-z]*perm|x-[\w.=-]+)(?=[\s,]|$)/;
const COMMA = 44;
const SEMICOLON = 59;
const AMPERSAND = 38;
const LESS_THAN = 60;
const SLASH = 47;
const CLOSERS = new Set([41, 93, 125]);
const ITEM_NAME_MAX = 40;
const PREFIX = /^(?:[bruf]{1,2}|@|\$|L)(?=["'])/i;

interface Quote {
  /** The place behind the opening quote. */
  readonly from: number;
  readonly code: number;
  /** Backslashes before it: JSON within JSON. */
  readonly depth: number;
}

/** The opening quote at this place, also an escaped one; undefined if there is none. */
export function quoteAt(reader: Reader, at: number): Quote | undefined {
  const first = reader.code(at);
  if (isQuote(first)) return { from: at + 1, code: first, depth: 0 };
  if (first !== BACKSLASH) return undefined;
  const from = reader.runEnd(at, (code) => code === BACKSLASH, 16);
  const code = reader.code(from);
  return isQuote(code) ? { from: from + 1, code, depth: from - at } : undefined;
}

const ENTITIES = ["&quot;", "&#34;", "&#39;", "&apos;"] as const;

/** The entity of a quote in XML and HTML at this place; undefined if there is none. */
export function quoteEntity(text: string, at: number): string | undefined {
  return text[at] === "&" ? ENTITIES.find((entity) => text.startsWith(entity, at)) : undefined;
}

/** The value that begins at this place: undefined if there is none. */
export function readValue(reader: Reader, start: number, form: Form): Value | undefined {
  const entity = quoteEntity(reader.text, start);
  if (entity !== undefined) {
    const from = start + entity.length;
    const to = Math.min(reader.next(entity, from), reader.lineEnd(from));
    return to > from ? { from, to, next: to } : undefined;
  }
  const at = start + prefixLength(reader, start);
  const quote = quoteAt(reader, at);
  if (quote === undefined) {
    const to = wordEnd(reader, start, form);
    return to > start ? { from: start, to, next: to } : undefined;
  }
  const close = quoteEnd(reader, quote);
  const behind = Math.min(close + quote.depth + 1, reader.text.length);
  const isClosed = reader.code(close + quote.depth) === quote.code;
  if (!isClosed) return close > quote.from ? { from: quote.from, to: close, next: close } : undefined;
  // A shell joins adjacent parts.
  if (quote.depth === 0 && !isBoundary(reader.code(behind)) && !reader.text.startsWith("/>", behind)) {
    const to = wordEnd(reader, behind, form);
    if (to > behind) return { from: close > quote.from ? quote.from : at, to, next: to };
  }
  return close > quote.from ? { from: quote.from, to: close, next: behind } : undefined;
}

/** The number of letters before a quote, as in Python's and Rust's strings of bytes; 0 for most words. */
function prefixLength({ text }: Reader, start: number): number {
  if (!isQuote(text.charCodeAt(start + 1)) && !isQuote(text.charCodeAt(start + 2))) return 0;
  return PREFIX.exec(text.slice(start, start + 3))?.[0].length ?? 0;
}

/** The rest of the line, without blanks at its end. */
export function readLine(reader: Reader, from: number): Value | undefined {
  let to = reader.lineEnd(from);
  const next = to;
  while (to > from && isBlank(reader.code(to - 1))) to--;
  reader.steps += next - to;
  return to > from ? { from, to, next } : undefined;
}

// --- internal ---

/**
 * The place of the closing quote, or of the backslashes before it; without one, the end of the line or of the argument.
 */
function quoteEnd(reader: Reader, { from, code, depth }: Quote): number {
  const { text } = reader;
  let at = from;
  let backslashes = 0;
  for (; at < text.length; at++) {
    const here = text.charCodeAt(at);
    if (here === LINE_FEED || here === 0) break;
    if (here === BACKSLASH) {
      backslashes++;
      continue;
    }
    if (here === code) {
      const isClosing = depth === 0 ? backslashes % 2 === 0 : backslashes <= depth;
      if (isClosing && depth > 0) {
        reader.steps += at - from;
        return at - backslashes;
      }
      if (isClosing) {
        // Doubled, as SQL and CSV escape it.
        const isDoubled =
          text.charCodeAt(at + 1) === code && at > from && !isBoundary(text.charCodeAt(at + 2));
        if (!isDoubled) break;
        at++;
      }
    }
    backslashes = 0;
  }
  reader.steps += at - from;
  return at;
}

/** The end of a word without quotes around it. */
function wordEnd(reader: Reader, from: number, form: Form): number {
  const { text } = reader;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    // Most characters of words are of this kind.
    if (isWordLetter(code)) {
      at++;
      continue;
    }
    if (isBlank(code) || code === LINE_FEED) break;
    if (code === BACKSLASH) {
      const after = reader.runEnd(at, (c) => c === BACKSLASH);
      if (isQuote(text.charCodeAt(after)) && isBoundary(text.charCodeAt(after + 1))) break;
      const isEscape = (after - at) % 2 === 1 && text.charCodeAt(after) !== LINE_FEED && after < text.length;
      at = isEscape ? after + 1 : after;
    } else if (isQuote(code)) {
      if (at > from && isBoundary(text.charCodeAt(at + 1))) break;
      const close = reader.next(String.fromCharCode(code), at + 1);
      at = close < reader.lineEnd(at) ? close + 1 : at + 1;
    } else if (text.startsWith(MASK, at)) at += MASK.length;
    else if (endsWord(reader, at, code, form)) break;
    else at += isDoubledComma(text, at, form) ? 2 : 1;
  }
  const end = Math.min(at, text.length);
  reader.steps += end - from;
  return end;
}

/** mount.cifs takes two commas for one comma in the password. */
function isDoubledComma(text: string, at: number, form: Form): boolean {
  return form === "item" && text.charCodeAt(at) === COMMA;
}

function endsWord(reader: Reader, at: number, code: number, form: Form): boolean {
  const { text } = reader;
  const following = text.charCodeAt(at + 1);
  if (CLOSERS.has(code)) return isBoundary(following);
  if (code === LESS_THAN) return following === SLASH;
  if (code === COMMA) {
    if (form === "item") return following !== COMMA;
    return form === "variable" && (isItemName(reader, at + 1) || FLAG.test(text.slice(at + 1, at + 24)));
  }
  if (code === SEMICOLON || code === AMPERSAND) {
    if (form === "word" && code === SEMICOLON) return isBoundary(following);
    return isBoundary(following) || (form !== "word" && isItemName(reader, at + 1));
  }
  return false;
}

/** Whether a name with `=` behind it begins here; the name may be percent-encoded. */
function isItemName(reader: Reader, from: number): boolean {
  const to = reader.runEnd(from, isItemCode, ITEM_NAME_MAX);
  return to > from && reader.code(to) === 61;
}

const isItemCode = (code: number): boolean => isIdent(code) || code === 46 || code === 37 || code === 32;
