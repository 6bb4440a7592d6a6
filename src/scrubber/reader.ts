// Reads a text by character, for everything in this room that has to know where something ends. It counts its steps, so
// that a test can measure work instead of time.
//
// The work of a pass is linear because each read is one of three kinds: it looks no further than LOOK_MAX; or the pass
// continues where the read has ended; or the answer is remembered and holds for every later question in between.

/** The distance that a recogniser may read before or behind its place. */
export const LOOK_MAX = 64;

export const LINE_FEED = 10;
export const BACKSLASH = 92;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const BACKTICK = 96;

const IDENT = 1;
const BLANK = 2;
const BOUNDARY = 4;
const HEX = 8;
const BASE64 = 16;
const DIGIT = 32;
const WORD_LETTER = 64;
const URL = 128;

const CLASSES = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  const add = (pattern: RegExp, kind: number) => {
    if (pattern.test(char)) CLASSES[code] = (CLASSES[code] ?? 0) | kind;
  };
  add(/[\w-]/, IDENT);
  add(/[ \t\r\0]/, BLANK);
  add(/[\s\0,;)}\]>:&|<=#"'`]/, BOUNDARY);
  add(/[0-9a-fA-F]/, HEX);
  add(/[\w+/-]/, BASE64);
  add(/[0-9]/, DIGIT);
  add(/[^ \t\r\0\n\\"'`[\])}<,;&]/, WORD_LETTER);
  add(/[^ \t\0\n"<>]/, URL);
}

function is(code: number, kind: number): boolean {
  return code < 128 && ((CLASSES[code] ?? 0) & kind) !== 0;
}

/** A letter, a digit, `_` or `-`: names are made of these. */
export const isIdent = (code: number): boolean => is(code, IDENT);
/** A blank within a line, or the NUL between the arguments in /proc/PID/cmdline. */
export const isBlank = (code: number): boolean => is(code, BLANK);
/** A character that may stand behind a closing quote; the end of the text (NaN) counts as one. */
export const isBoundary = (code: number): boolean => Number.isNaN(code) || is(code, BOUNDARY);
export const isHex = (code: number): boolean => is(code, HEX);
/** A character of either alphabet of base64. */
export const isBase64 = (code: number): boolean => is(code, BASE64);
export const isDigit = (code: number): boolean => is(code, DIGIT);
/** A character that neither ends a word nor escapes, quotes or masks a part of it. */
export const isWordLetter = (code: number): boolean => is(code, WORD_LETTER);
const isUrl = (code: number): boolean => code > 127 || is(code, URL);
/** Neither a blank nor the end of a line. */
export const isShown = (code: number): boolean => !is(code, BLANK) && code !== LINE_FEED;
export const isQuote = (code: number): boolean =>
  code === DOUBLE_QUOTE || code === SINGLE_QUOTE || code === BACKTICK;

interface Found {
  from: number;
  to: number;
}

export class Reader {
  /** Characters read so far; for tests. */
  steps = 0;
  readonly text: string;
  /** Created when needed: most nested texts are short and need none. */
  #found: Map<string, Found> | undefined;
  readonly #blanks: Found = { from: 0, to: 0 };
  readonly #url: Found = { from: 0, to: 0 };

  constructor(text: string) {
    this.text = text;
  }

  /** The character at this place; NaN behind the end. */
  code(at: number): number {
    return this.text.charCodeAt(at);
  }

  /** The part before `at`, at most LOOK_MAX characters and none before `floor`. */
  before(at: number, floor: number): string {
    const from = Math.max(floor, at - LOOK_MAX);
    this.steps += Math.max(0, at - from);
    return this.text.slice(from, at);
  }

  /** The part from `at`. @param most its length; it must be small, because the part is copied. */
  ahead(at: number, most = LOOK_MAX): string {
    this.steps += most;
    return this.text.slice(at, at + most);
  }

  /** The end of a run of characters of one kind; the pass must continue there, or `most` bounds it. */
  runEnd(from: number, isOfKind: (code: number) => boolean, most = Number.POSITIVE_INFINITY): number {
    const limit = Math.min(this.text.length, from + most);
    let at = from;
    while (at < limit && isOfKind(this.text.charCodeAt(at))) at++;
    this.steps += at - from + 1;
    return at;
  }

  /** As runEnd for base64. It is asked at the beginning of every word, and a call for each character would cost as much again. */
  base64End(from: number): number {
    const { text } = this;
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 127 || ((CLASSES[code] ?? 0) & BASE64) === 0) break;
    }
    this.steps += at - from + 1;
    return at;
  }

  /** Where blanks of a line end; remembered. */
  skipBlanks(from: number): number {
    if (!isBlank(this.text.charCodeAt(from))) {
      this.steps++;
      return from;
    }
    return this.#rememberedEnd(this.#blanks, from, isBlank);
  }

  /** The end of the URL that contains this place; remembered. */
  urlEnd(from: number): number {
    return this.#rememberedEnd(this.#url, from, isUrl);
  }

  /** The next place of `what`, or the end of the text; remembered for each `what`. */
  next(what: string, from: number): number {
    this.steps++;
    this.#found ??= new Map();
    const known = this.#found.get(what);
    if (known !== undefined && from >= known.from && from <= known.to) return known.to;
    const at = this.text.indexOf(what, from);
    const to = at < 0 ? this.text.length : at;
    this.steps += to - from;
    if (known === undefined) this.#found.set(what, { from, to });
    else {
      known.from = from;
      known.to = to;
    }
    return to;
  }

  /** The end of the line, or of the text. */
  lineEnd(from: number): number {
    return this.next("\n", from);
  }

  #rememberedEnd(known: Found, from: number, isOfKind: (code: number) => boolean): number {
    if (from >= known.from && from < known.to) {
      this.steps++;
      return known.to;
    }
    known.to = this.runEnd(from, isOfKind);
    known.from = from;
    return known.to;
  }
}
