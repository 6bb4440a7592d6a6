// The two character sets of the screen, and which of them the terminal's locale supports.

import type { Glyphs } from "./line.ts";

export const UNICODE: Glyphs = {
  levels: [..."▁▂▃▄▅▆▇█"],
  parts: [..."▏▎▍▌▋▊▉█"],
  cut: "…",
  sorted: "▾",
  chosen: "▸",
  arrows: "↑ ↓",
  // Format characters (joiners, tags), code points that are no characters, and variation selectors, which make a
  // character wider on some terminals only.
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

/** Follows setlocale(3): the first of these variables that is set decides. */
export function glyphsOf(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "";
  return /utf-?8/i.test(locale) ? UNICODE : ASCII;
}
