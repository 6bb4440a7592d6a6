// The help: what the keys do and what the figures mean, as lines for the whole body of the screen. Pure.

import { KEY_ACTIONS } from "./keys.ts";
import { clip, fit, type Glyphs, type Line, span } from "./line.ts";

const KEY_COLUMNS = 9;

const MEANINGS: readonly (readonly [string, string])[] = [
  ["latency", "from the request being sent, credits granted, to its reply"],
  ["", "a READ's reply counts, its data may still be on the way"],
  ["p50, p99", "half of the replies, 99 of 100, took at most this long"],
  ["errors", "failed replies; normal answers (no such file) do not count"],
  ["in flight", "no reply yet; CHANGE_NOTIFY and LOCK may wait for hours"],
  ["LOST", "requests that aod could not see: figures may be too low"],
];

/** @param height lines; the keys come first because they matter most. */
export function helpLines(columns: number, height: number, glyphs: Glyphs): readonly Line[] {
  const rows: readonly Line[] = [
    ...KEY_ACTIONS.map(({ shown, help }) => line(shown, help, glyphs)),
    ...MEANINGS.map(([word, meaning]) => line(word, meaning, glyphs)),
  ];
  return rows.slice(0, height).map((one) => clip(one, columns));
}

function line(word: string, text: string, glyphs: Glyphs): Line {
  return [span(fit(word, KEY_COLUMNS, glyphs), "strong"), span(` ${text}`)];
}
