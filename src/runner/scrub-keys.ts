// Takes private keys out of text, whole ones and what is left of them: logs begin and end where they like, so the line that
// says that a key begins may be gone, or the one that says that it ends. In: text; out: text and a count. Pure, and linear:
// every character is looked at by one mark at most.
//
// A whole key goes from its BEGIN to its END, whatever stands between (each line of a log has a prefix). Where one of
// the two is missing, the lines beside the other go as long as they look like parts of a key: nobody hides the rest of a
// log by writing half a key into it. Of what has lost both, long words in base64 are what is left.

import { MASK, type Scrubbed } from "./scrub-steps.ts";

const MARK = /-{4,5} ?(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
/** From one mark to the other: RSA of 16,384 bits has 200 lines, each with the prefix of a log. */
const KEY_MAX = 32 << 10;
const LINE_FEED = 10;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Of a key's lines all but the last have 64 or 70; a shorter word may be anything. */
const BODY_MIN = 16;
const HEADER = /\b(?:Proc-Type|DEK-Info|Comment|Encryption|Subject): /;

/** A word that long is no name, and no digest in hexadecimal where it has letters of both cases. */
const LONG_WORD = /(?<![\w+/-])[A-Za-z0-9+/]{64,}={0,2}(?![\w+/-])/g;
/** A path has more of them. */
const SLASHES_MAX = 7;
/** Small and capital letters each, at least: random ones have 0.4, names in CamelCase fewer capitals. */
const LETTERS_MIN = 1 / 6;
const DIGITS_MIN = 2;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Private keys that are whole, or have lost their beginning or their end. */
export function scrubKeys(text: string): Scrubbed {
  const marks = [...text.matchAll(MARK)].map(({ 0: { length }, 1: which, index }) => {
    return { isBegin: which === "BEGIN", from: index, to: index + length };
  });
  const spans = marks.flatMap((mark, index): readonly Span[] => {
    const [before, next] = [marks[index - 1], marks[index + 1]];
    if (mark.isBegin) {
      const isWhole = next?.isBegin === false && next.from - mark.to <= KEY_MAX;
      const limit = next?.from ?? text.length;
      const column = mark.from - lineStart(text, before?.to ?? 0, mark.from);
      return [{ from: mark.to, to: isWhole ? next.from : bodyEnd(text, mark.to, limit, column) }];
    }
    if (before?.isBegin && mark.from - before.to <= KEY_MAX) return [];
    return [{ from: bodyBegin(text, before?.to ?? 0, mark.from), to: mark.from }];
  });
  return hide(text, spans);
}

/** What a key leaves that has lost both its ends, and other secrets of that form: no public key, no path, no digest. */
export function scrubLongWords(text: string): Scrubbed {
  let count = 0;
  const scrubbed = text.replace(LONG_WORD, (word) => {
    // So begin public keys of ssh, four bytes of length.
    if (!looksRandom(word) || word.startsWith("AAAA")) return word;
    count++;
    return MASK;
  });
  return { text: scrubbed, count };
}

// --- internal ---

function looksRandom(word: string): boolean {
  const count = (pattern: RegExp) => word.match(pattern)?.length ?? 0;
  const least = word.length * LETTERS_MIN;
  const isMixed = count(/[a-z]/g) >= least && count(/[A-Z]/g) >= least && count(/\d/g) >= DIGITS_MIN;
  return isMixed && count(/\//g) <= SLASHES_MAX;
}

/** Where the lines end that look like parts of the key which begins at `from`, behind a mark in this column. */
function bodyEnd(text: string, from: number, limit: number, column: number): number {
  // What stands behind the mark in its line, as in JSON, has no line of its own.
  let end = lineEnd(text, from, limit);
  while (end < limit) {
    const next = lineEnd(text, end + 1, limit);
    const line = text.slice(end + 1, next);
    const word = text.slice(wordBegin(text, end + 1, next), next);
    const at = line.length - word.length;
    // The last one may be short; a feed may follow it.
    const isLast = next >= text.length - 1 && at === column;
    const isBody = BASE64.test(word) && (word.length >= BODY_MIN || isLast);
    const isEmpty = word === "" && (at === 0 || at === column);
    if (!isBody && !isEmpty && !HEADER.test(line)) break;
    end = next;
  }
  return Math.min(end, limit);
}

/** Where the lines begin that look like parts of the key which ends at `to`. */
function bodyBegin(text: string, limit: number, to: number): number {
  const lineBegin = lineStart(text, limit, to);
  const attached = wordBegin(text, lineBegin, to);
  if (attached < to) return attached;
  let begin = to;
  for (let feed = lineBegin - 1; feed >= limit; ) {
    const previous = lineStart(text, limit, feed);
    const at = wordBegin(text, previous, feed);
    const word = text.slice(at, feed);
    // The last one may be short.
    const isLast = begin === to && at - previous === to - lineBegin;
    if (!BASE64.test(word) || (word.length < BODY_MIN && !isLast)) break;
    begin = at;
    feed = previous - 1;
  }
  return begin;
}

// Both look no further than the limit: what is beyond is another mark's.
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

/** Where the word begins that ends at `to`. */
function wordBegin(text: string, limit: number, to: number): number {
  let at = to;
  while (at > limit && !/[\s"']/.test(text[at - 1] ?? "")) at--;
  return at;
}

/** What is hidden already is no second secret. */
function hide(text: string, spans: readonly Span[]): Scrubbed {
  const parts: string[] = [];
  let done = 0;
  for (const span of spans) {
    const from = Math.max(done, span.from);
    const inside = text.slice(from, span.to).trim();
    if (inside === "" || inside === MASK) continue;
    parts.push(text.slice(done, from), MASK);
    done = span.to;
  }
  const count = parts.length / 2;
  return { text: count === 0 ? text : parts.join("") + text.slice(done), count };
}
