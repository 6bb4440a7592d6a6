// Recognises harmless values behind the name of a secret: `none`, a path, a number of tokens, a word of a sentence.
// Hides nothing.

import type { NameKind } from "./names.ts";
import type { Pass } from "./pass.ts";
import { isQuote, LOOK_MAX } from "./reader.ts";
import type { Value } from "./values.ts";

/** Values that mean that there is no secret. */
export const NO_SECRET =
  /^(?:yes|no|true|false|null|\(null\)|none|nil|undefined|unset|empty|prompt|~|\*+|x{3,12})$/i;
const PIN = /^["'`]?(?!0x)(?=[^\s"'`,;]*\d)(?:\d{4,}|[^\s"'`,;]{6,})/i;
/** Base64 may begin with a slash, but hardly with a word between two. */
const FILE_OR_URL = /^["'`]?(?:(?:~|\.{1,2})?\/(?:[a-z][a-z._-]+\/|\/)|(?:https?|ftp|file):\/\/)/;
const PROSE_BEFORE = /(?:^|\s)(?:to|will|must|every|each|any|all|no|not)\s+$/i;

/** Whether the value that begins at `start` is harmless, whatever its length; decided before it is read. */
export function isPlain(pass: Pass, kind: NameKind, name: string, from: number, start: number): boolean {
  const { text, reader } = pass;
  if (kind === "string") return !isQuote(text.charCodeAt(from - 1));
  if (kind === "pin") return !PIN.test(reader.ahead(start));
  if (kind === "key") return FILE_OR_URL.test(reader.ahead(start));
  if (kind === "secret" || kind === "plural") return isProse(pass, name, from, start);
  const ahead = text.slice(start, start + 8);
  // The variable of a shell, not the key of a connection string.
  if (/pwd$/i.test(name))
    return /^(?:OLD)?PWD$/.test(name) && /^["']?\//.test(ahead) && text[from - 1] !== ";";
  return /^["']?\.{0,2}~?\//.test(ahead);
}

/**
 * Whether the name is a word of prose, as in `time to pass: then` and `every secret: x`, or a service:
 * `pam_unix(passwd:chauthtok)`.
 */
function isProse({ reader, floor }: Pass, name: string, from: number, start: number): boolean {
  if (name === "passwd") return /(?:^|\s)pam_\w{1,20}\($/.test(reader.before(from, floor));
  if (!/^(?:pass|secret|token)s?$/i.test(name)) return false;
  return PROSE_BEFORE.test(reader.before(from, floor)) && /^[a-z]+(?:[\s.,;:!?]|$)/.test(reader.ahead(start));
}

/** Whether a short value means that there is no secret. */
export function isHarmless(pass: Pass, kind: NameKind, name: string, { from, to }: Value): boolean {
  if (to - from > LOOK_MAX) return false;
  const value = pass.text.slice(from, to);
  if (NO_SECRET.test(value)) return true;
  if (kind === "plural" && /^\d+$/.test(value)) return true;
  return /^pass$/i.test(name) && /^\d{1,4}$/.test(value);
}
