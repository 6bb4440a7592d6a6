// Lines of a screen as plain data: text in spans, each with its purpose. Text may come from a server, a user or a file;
// a span is exactly as wide as it says. No escape sequence is made here (frame.ts does that), and none gets in.

import { escapeControls } from "../model/escape.ts";

/** The purpose of a span; frame.ts decides how it looks. Only `trouble` and `alarm` are red. */
export type Style = "plain" | "faint" | "strong" | "title" | "bar" | "chosen" | "trouble" | "alarm";

export interface TextSpan {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly TextSpan[];

/** The characters that this terminal can show. */
export interface Glyphs {
  /** Eight blocks, lowest first. */
  readonly levels: readonly string[];
  /** Parts of a cell of a horizontal bar, smallest first; the last fills the cell. */
  readonly parts: readonly string[];
  readonly cut: string;
  readonly sorted: string;
  readonly chosen: string;
  readonly arrows: string;
  /** Matches each character that the terminal can't show, or that is invisible; those are escaped. */
  readonly hides: RegExp;
}

/** Names are cut here: a server or a user may choose a very long one. */
const READ_CHARS = 512;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

export function span(text: string, style: Style = "plain"): TextSpan {
  return { text, style };
}

export const EMPTY: Line = [];

/**
 * Makes an untrusted name harmless on this terminal: every character takes the columns that `Bun.stringWidth` counts.
 */
export function harmless(text: string, { hides }: Glyphs): string {
  return escapeControls(text.slice(0, READ_CHARS)).replace(
    hides,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/**
 * Pads or cuts a text to exactly `columns`.
 * @param keep "ends" cuts in the middle, for names whose both ends matter.
 */
export function fit(
  text: string,
  columns: number,
  { cut }: Glyphs,
  align: "left" | "right" = "left",
  keep: "start" | "ends" = "start",
): string {
  const width = Bun.stringWidth(text);
  const shown = width <= columns ? text : shorten(text, columns, cut, keep);
  const fill = " ".repeat(Math.max(0, columns - Bun.stringWidth(shown)));
  return align === "left" ? shown + fill : fill + shown;
}

export function widthOf(line: Line): number {
  return line.reduce((columns, { text }) => columns + Bun.stringWidth(text), 0);
}

/** Cuts a line to `columns` at most, without a mark. */
export function clip(line: Line, columns: number): Line {
  const kept: TextSpan[] = [];
  let left = columns;
  for (const one of line) {
    const width = Bun.stringWidth(one.text);
    if (width > left) {
      // A column may stay empty before a character of double width: no later text moves there.
      kept.push({ ...one, text: takeColumns(graphemes(one.text), left) });
      break;
    }
    kept.push(one);
    left -= width;
  }
  return kept;
}

/** Cuts or pads a line to exactly `columns`. */
export function pad(line: Line, columns: number, style: Style = "plain"): Line {
  const clipped = clip(line, columns);
  const missing = columns - widthOf(clipped);
  return missing > 0 ? [...clipped, span(" ".repeat(missing), style)] : clipped;
}

/** One line at the left and one at the right edge; the left one is cut if necessary. */
export function spread(left: Line, right: Line, columns: number): Line {
  const room = columns - widthOf(right);
  return room <= 0 ? clip(left, columns) : [...pad(left, room), ...right];
}

export interface Part {
  readonly line: Line;
  /** The lowest rank is dropped first if there is no room for all. */
  readonly rank: number;
}

/** Joins the parts that fit, in their order, with gaps between them. */
export function joinParts(parts: readonly Part[], columns: number, gap = "  "): Line {
  const join = (some: readonly Part[]) =>
    some.flatMap(({ line }, i) => (i === 0 ? line : [span(gap), ...line]));
  let kept = parts;
  while (kept.length > 1 && widthOf(join(kept)) > columns) {
    const least = Math.min(...kept.map(({ rank }) => rank));
    const last = kept.findLastIndex(({ rank }) => rank === least);
    kept = kept.filter((_, i) => i !== last);
  }
  return clip(join(kept), columns);
}

/** The text without styles. */
export function plainText(line: Line): string {
  return line.map(({ text }) => text).join("");
}

function shorten(text: string, columns: number, cut: string, keep: "start" | "ends"): string {
  const room = columns - Bun.stringWidth(cut);
  if (room <= 0) return takeColumns(graphemes(text), columns);
  const tail = keep === "start" ? 0 : Math.ceil(room * 0.6);
  const parts = graphemes(text);
  const end = takeColumns(parts.toReversed(), tail, "before");
  return takeColumns(parts, room - Bun.stringWidth(end)) + cut + end;
}

function takeColumns(parts: readonly string[], columns: number, side: "after" | "before" = "after"): string {
  let taken = "";
  let left = columns;
  for (const part of parts) {
    const width = Bun.stringWidth(part);
    if (width > left) break;
    taken = side === "after" ? taken + part : part + taken;
    left -= width;
  }
  return taken;
}

function graphemes(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}
