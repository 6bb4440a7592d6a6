// Matches the operator's own regular expressions against text that an attacker may have written. They run in RE2JS,
// which has neither backreferences nor lookaround, so that no pattern takes exponential time. Pure.

import { RE2JS, RE2JSSyntaxException } from "re2js";
import type { Span } from "./span.ts";

/** A longer line is matched in pieces of this length, which end at a blank if there is one. */
const PIECE_MAX = 8 << 10;
/**
 * A search may read to the end of its piece, so their number is bounded as well. Beyond it, the rest of the piece is
 * hidden.
 */
const MATCHES_MAX = 32;

/** The reason why a pattern can't be used; undefined if it can. */
export function checkPattern(pattern: string): string | undefined {
  try {
    return RE2JS.compile(pattern).matcher("").find() ? "matches the empty text" : undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.message.replace(/^error parsing regexp: /, "");
    throw error;
  }
}

/** Finds one pattern's matches within lines. @param pattern has passed checkPattern. */
export function makePatternSearch(
  pattern: string,
): (text: string) => Generator<Span | undefined, void, void> {
  const compiled = RE2JS.compile(pattern);
  return function* search(text) {
    for (let from = 0; from < text.length; ) {
      const feed = text.indexOf("\n", from);
      const lineEnd = feed < 0 ? text.length : feed;
      const end = pieceEnd(text, from, lineEnd);
      for (const span of searchPiece(compiled, text.slice(from, end)))
        yield { from: from + span.from, to: from + span.to };
      from = end === lineEnd ? end + 1 : end;
      yield;
    }
  };
}

// --- internal ---

function pieceEnd(text: string, from: number, lineEnd: number): number {
  if (lineEnd - from <= PIECE_MAX) return lineEnd;
  const blank = text.slice(from, from + PIECE_MAX).lastIndexOf(" ");
  return blank < 0 ? from + PIECE_MAX : from + blank + 1;
}

function* searchPiece(compiled: RE2JS, piece: string): Generator<Span, void, void> {
  const matcher = compiled.matcher(piece);
  for (let matches = 0; matcher.find(); matches++) {
    if (matches === MATCHES_MAX) {
      yield { from: matcher.start(), to: piece.length };
      return;
    }
    if (matcher.end() > matcher.start()) yield { from: matcher.start(), to: matcher.end() };
  }
}
