// Hides the text of XML elements whose name, or an attribute, is the name of a secret (names.ts). Linear, because the
// end of a tag is remembered, and the pass continues behind the text.

import { NO_SECRET } from "./harmless.ts";
import type { Pass } from "./pass.ts";
import { isBlank, LOOK_MAX } from "./reader.ts";

/** The longest rest of a tag behind its name. */
const TAG_MAX = 512;
const COLON = 58;
const LESS = 60;
const GREATER = 62;

/** Hides the text of `<password>…</password>`, also with attributes. */
export function hidesElement(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const open = text.charCodeAt(from - 1);
  if (open !== LESS && !(open === COLON && /<[\w-]+:$/.test(reader.before(from, pass.floor)))) return false;
  if (text.charCodeAt(to) !== GREATER && !isBlank(text.charCodeAt(to))) return false;
  const close = reader.next(">", to);
  if (close >= text.length || text[close - 1] === "/" || close - to > TAG_MAX) return false;
  return hidesText(pass, close + 1);
}

/** Hides the text of an element that begins at `start`. */
export function hidesText(pass: Pass, start: number): boolean {
  const { text, reader } = pass;
  const isRaw = text.startsWith("<![CDATA[", start);
  const from = isRaw ? start + 9 : start;
  const end = reader.next(isRaw ? "]]>" : "<", from);
  const to = end < text.length ? end : reader.lineEnd(from);
  const inside = text.slice(from, Math.min(to, from + LOOK_MAX)).trim();
  if (inside === "" || NO_SECRET.test(inside)) return false;
  pass.hide(from, to);
  return true;
}
