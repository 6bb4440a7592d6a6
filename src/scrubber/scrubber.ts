// The one door of this room: a scrubber takes secrets out of text, those that the built-in rules know and those that the
// operator has named. In: text of any origin; out: the same with a mask for each secret, and their number. Pure.

import type { Redaction } from "../model/redaction.ts";
import { searchOnce } from "./engine.ts";
import { makePatternSearch } from "./own-patterns.ts";
import { findKeys } from "./private-keys.ts";
import { MASK, type Scrubbed, type Span } from "./span.ts";

export interface Scrubber {
  /** The text without its secrets. */
  scrub(text: string): Scrubbed;
  /** The same, yielding after every few milliseconds of work. */
  inSlices(text: string): Generator<undefined, Scrubbed, void>;
}

/** Finds spans; yields undefined after each piece of work. */
type Search = (text: string) => Generator<Span | undefined, void, void>;

const WORDS_PER_PIECE = 4096;
/** Characters between two yields: some milliseconds of work. */
const PIECE_LENGTH = 64 << 10;
/** What a pass hides may show the next one more, as a key without its end; more than two are hardly ever needed. */
const PASSES_MAX = 4;

/** @param redaction its patterns have passed checkPattern. */
export function makeScrubber(redaction: Redaction): Scrubber {
  const own = [
    ...redaction.words.filter((word) => word !== "").map((word) => makeWordSearch(word)),
    ...redaction.patterns.map((pattern) => makePatternSearch(pattern)),
  ];
  function* inSlices(text: string): Generator<undefined, Scrubbed, void> {
    let clean = text;
    let count = 0;
    for (let passes = 0; passes < PASSES_MAX; passes++) {
      // The operator's own are searched in the text as it came: a rule must not take half of a word.
      const found = yield* findAll(clean, passes === 0 ? [findKeys, ...own] : [findKeys]);
      const search = searchOnce(clean, PIECE_LENGTH, found);
      let step = search.next();
      for (; !step.done; step = search.next()) yield;
      if (step.value.count === 0) break;
      clean = step.value.text;
      count += step.value.count;
    }
    return { text: clean, count };
  }
  return { inSlices, scrub: (text) => finish(inSlices(text)) };
}

// --- internal ---

function* findAll(text: string, searches: readonly Search[]): Generator<undefined, readonly Span[], void> {
  const found: Span[] = [];
  for (const search of searches) {
    for (const span of search(text)) {
      if (span === undefined) yield;
      else if (!isMasked(text, span)) found.push(span);
    }
    yield;
  }
  return found;
}

/** A part of a mask: a word of the operator's may be one. */
function isMasked(text: string, { from, to }: Span): boolean {
  if (to - from > MASK.length) return false;
  const start = Math.max(0, from - MASK.length);
  const at = text.slice(start, to + MASK.length).indexOf(MASK);
  return at >= 0 && start + at <= from && to <= start + at + MASK.length;
}

function makeWordSearch(word: string): Search {
  return function* search(text) {
    let found = 0;
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      yield { from: at, to: at + word.length };
      if (++found % WORDS_PER_PIECE === 0) yield;
    }
  };
}

function finish(slices: Generator<undefined, Scrubbed, void>): Scrubbed {
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
  }
}
