// Finds private keys in text, whole ones and parts of them: logs begin and end anywhere, so the line with BEGIN or the
// line with END may be missing. Pure, and linear: every character is read for one mark at most.
//
// A whole key is hidden from its BEGIN to its END, whatever stands between (each line of a log has a prefix). If one
// mark is missing, the lines next to the other are hidden as long as they look like parts of a key: an attacker can't
// hide the rest of a log by writing half a key into it. If both marks are missing, tokens.ts finds the long words of
// base64.

import { MASK, type Span } from "./span.ts";

const NAME = "PRIVATE KEY";
/** The dashes around the name: SSH2 has four. */
const DASHES_MIN = 4;
const DASHES_MAX = 5;
const DASH = 45;
const ALGORITHM_MAX = 40;
const MARK_MAX = 56;
/** The number of names that are examined between two yields. */
const NAMES_PER_PIECE = 4096;
/** The largest distance between the marks: RSA of 16,384 bits has 200 lines, each with the prefix of a log. */
const KEY_MAX = 32 << 10;
const LINE_FEED = 10;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** All lines of a key but the last have 64 or 70 characters; a shorter word may be anything. */
const BODY_MIN = 16;
const HEADER = /\b(?:Proc-Type|DEK-Info|Comment|Encryption|Subject): /;

/**
 * Finds private keys that are whole, or have lost their beginning or their end; yields undefined after each piece of
 * work.
 */
export function* findKeys(text: string): Generator<Span | undefined, void, void> {
  let before: Mark | undefined;
  let mark: Mark | undefined;
  for (const next of findMarks(text)) {
    if (next === undefined) {
      yield;
      continue;
    }
    if (mark !== undefined) yield* findKey(text, before, mark, next);
    before = mark;
    mark = next;
  }
  if (mark !== undefined) yield* findKey(text, before, mark, undefined);
}

// --- internal ---

interface Mark extends Span {
  readonly isBegin: boolean;
}

function* findMarks(text: string): Generator<Mark | undefined, void, void> {
  let pieces = 0;
  for (let at = text.indexOf(NAME); at >= 0; at = text.indexOf(NAME, at + NAME.length)) {
    const mark = markAround(text, at);
    if (mark !== undefined) yield mark;
    if (++pieces % NAMES_PER_PIECE === 0) yield;
  }
}

/** The mark that contains the name at this place; undefined if there is none. */
function markAround(text: string, at: number): Mark | undefined {
  const behind = at + NAME.length;
  let to = text.startsWith(" BLOCK", behind) ? behind + 6 : behind;
  if (text[to] === " ") to++;
  const dashesTo = dashesEnd(text, to);
  if (dashesTo - to < DASHES_MIN) return undefined;
  // The name of an algorithm may stand in between; it has no dash.
  let word = at - 1;
  for (const least = Math.max(0, at - MARK_MAX); word >= least && text.charCodeAt(word) !== DASH; ) word--;
  const head = word + (text[word + 1] === " " ? 2 : 1);
  const isBegin = text.startsWith("BEGIN ", head);
  if (!isBegin && !text.startsWith("END ", head)) return undefined;
  if (!isAlgorithm(text, head + (isBegin ? 6 : 4), at)) return undefined;
  let from = word + 1;
  while (from > 0 && word + 1 - from < DASHES_MAX && text.charCodeAt(from - 1) === DASH) from--;
  return word + 1 - from < DASHES_MIN ? undefined : { isBegin, from, to: dashesTo };
}

function dashesEnd(text: string, from: number): number {
  let to = from;
  while (to - from < DASHES_MAX && text.charCodeAt(to) === DASH) to++;
  return to;
}

/** Whether the text consists of capitals, digits and blanks, and is not too long. */
function isAlgorithm(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    const isOfKind = (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 32;
    if (!isOfKind) return false;
  }
  return to - from <= ALGORITHM_MAX;
}

/** Finds the span that belongs to one mark, between its neighbours. */
function* findKey(
  text: string,
  before: Mark | undefined,
  mark: Mark,
  next: Mark | undefined,
): Generator<Span> {
  const span = keySpan(text, before, mark, next);
  if (span === undefined || span.to <= span.from) return;
  // A key that is already hidden is not found again.
  const inside = text.slice(span.from, span.to).trim();
  if (inside !== "" && inside !== MASK) yield span;
}

function keySpan(
  text: string,
  before: Mark | undefined,
  mark: Mark,
  next: Mark | undefined,
): Span | undefined {
  if (mark.isBegin) {
    if (next?.isBegin === false && next.from - mark.to <= KEY_MAX) return { from: mark.to, to: next.from };
    const column = mark.from - lineStart(text, before?.to ?? 0, mark.from);
    return { from: mark.to, to: bodyEnd(text, mark.to, next?.from ?? text.length, column) };
  }
  if (before?.isBegin && mark.from - before.to <= KEY_MAX) return undefined;
  return { from: bodyBegin(text, before?.to ?? 0, mark.from), to: mark.from };
}

/** The end of the lines that look like parts of the key that begins at `from`, behind a mark in this column. */
function bodyEnd(text: string, from: number, limit: number, column: number): number {
  // The rest of the mark's own line belongs to the key, as in JSON.
  let end = lineEnd(text, from, limit);
  while (end < limit) {
    const next = lineEnd(text, end + 1, limit);
    const line = text.slice(end + 1, next);
    const word = text.slice(wordBegin(text, end + 1, next), next);
    const at = line.length - word.length;
    // The last line may be short; a line feed may follow it.
    const isLast = next >= text.length - 1 && at === column;
    const isBody = BASE64.test(word) && (word.length >= BODY_MIN || isLast);
    const isEmpty = word === "" && (at === 0 || at === column);
    if (!isBody && !isEmpty && !HEADER.test(line)) break;
    end = next;
  }
  return Math.min(end, limit);
}

/** The begin of the lines that look like parts of the key that ends at `to`. */
function bodyBegin(text: string, limit: number, to: number): number {
  const lineBegin = lineStart(text, limit, to);
  const attached = wordBegin(text, lineBegin, to);
  if (attached < to) return attached;
  let begin = to;
  for (let feed = lineBegin - 1; feed >= limit; ) {
    const previous = lineStart(text, limit, feed);
    const at = wordBegin(text, previous, feed);
    const word = text.slice(at, feed);
    // The last line may be short.
    const isLast = begin === to && at - previous === to - lineBegin;
    if (!BASE64.test(word) || (word.length < BODY_MIN && !isLast)) break;
    begin = at;
    feed = previous - 1;
  }
  return begin;
}

// Both functions stop at the limit: the text beyond belongs to another mark.
function lineEnd(text: string, from: number, limit: number): number {
  let at = from;
  while (at < limit && text.charCodeAt(at) !== LINE_FEED) at++;
  return at;
}

function lineStart(text: string, limit: number, to: number): number {
  let at = to;
  while (at > limit && text.charCodeAt(at - 1) !== LINE_FEED) at--;
  return at;
}

/** The begin of the word that ends at `to`. */
function wordBegin(text: string, limit: number, to: number): number {
  let at = to;
  while (at > limit && !endsWord(text.charCodeAt(at - 1))) at--;
  return at;
}

const endsWord = (code: number): boolean => code <= 32 || code === 34 || code === 39;
