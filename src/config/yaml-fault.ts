// What is wrong with a text as YAML, in words, and where the slip is rather than where the parser noticed it. No
// message repeats text of the file: it may be a secret. Pure.

import { type Document, visit, type YAMLError } from "yaml";
import { type KeyPath, quote } from "./problem.ts";

export interface Fault {
  readonly offset: number;
  readonly path: KeyPath;
  readonly message: string;
}

export function fault(offset: number, message: string, path: KeyPath = []): Fault {
  return { offset, message, path };
}

const PLAINER: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "tabs can't indent in YAML: use spaces",
  TAG_RESOLVE_FAILED: "has a tag that means nothing here: remove it",
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in one line: quote the value, or begin a new line',
  BAD_DQ_ESCAPE:
    "in double quotes a backslash begins an escape: write the share as //server/share, or use single quotes",
};

/** A key that is followed by its value without a space, as plain text has it. */
const KEY_WITHOUT_SPACE = /^[ -]*[A-Za-z_][\w.-]*:(?=[^\s:/])/;

export function describeError(error: YAMLError, text: string, document: Document.Parsed): Fault {
  const [offset] = error.pos;
  if (["MULTILINE_IMPLICIT_KEY", "MISSING_CHAR"].includes(error.code)) {
    const key = KEY_WITHOUT_SPACE.exec(text.slice(offset, lineEnd(text, offset)));
    if (key !== null) return fault(offset + key[0].length - 1, 'a space is missing after ":"');
  }
  if (/^Missing closing ["']quote/.test(error.message))
    return fault(lastQuoteBefore(offset, document) ?? offset, "this quote is never closed");
  const plainer = PLAINER[error.code];
  if (plainer !== undefined) return fault(offset, plainer);
  // Some messages of the parser end with text of the file.
  return fault(offset, `is not valid YAML: ${quote(error.message.replace(/:? ".*$/s, ""))}`);
}

/** Invisible, and no indentation for YAML: keyboards and web pages put it where a space belongs. */
export function findOddIndentation(text: string): Fault | undefined {
  const odd = /^ *([\u00a0\u2000-\u200b\u202f\u3000])/mu.exec(text);
  if (odd === null) return undefined;
  const character = odd[1] ?? "";
  const name =
    character === "\u00a0"
      ? "a no-break space"
      : `U+${character.charCodeAt(0).toString(16).toUpperCase()}, which looks like a space`;
  return fault(odd.index + odd[0].length - 1, `this line is indented with ${name}: use spaces`);
}

// --- internal ---

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

/** Where the last quoted text begins that reaches this offset. */
function lastQuoteBefore(offset: number, document: Document.Parsed): number | undefined {
  let begin: number | undefined;
  visit(document, {
    Scalar: (_, { type, range }) => {
      const isQuoted = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE";
      if (isQuoted && range && range[0] <= offset && range[1] >= offset) begin = range[0];
    },
  });
  return begin;
}
