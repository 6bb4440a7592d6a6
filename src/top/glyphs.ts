// The two alphabets of the screen, and which of them a terminal's locale takes. In: the environment; out: characters.

import type { Glyphs } from "./line.ts";

export const UNICODE: Glyphs = {
  levels: [..."▁▂▃▄▅▆▇█"],
  parts: [..."▏▎▍▌▋▊▉█"],
  cut: "…",
  sorted: "▾",
  chosen: "▸",
  arrows: "↑ ↓",
  // Formats (joiners, tags), what is no character at all, and the selectors that make a character wider on some
  // terminals and not on others.
  hides: /\p{C}|[\ufe00-\ufe0f]/gu,
};

export const ASCII: Glyphs = {
  levels: [..."_.:-=+*#"],
  parts: ["#"],
  cut: "~",
  sorted: "v",
  chosen: ">",
  arrows: "up down",
  hides: /[^\u0020-\u007e]/gu,
};

/** As setlocale(3) reads it: the first of these that says anything decides. */
export function glyphsOf(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "";
  return /utf-?8/i.test(locale) ? UNICODE : ASCII;
}
