// Decodes the bytes of a configuration file, without the byte order mark, and converts offsets to places. Bytes that
// are not text are refused with a reason; nothing is guessed.

import type { Place } from "./problem.ts";

/** Larger files are refused. Measured: 1 MiB of brackets costs the parser 5 s and 1.2 GB, this size 1 s. */
export const MAX_BYTES = 256 << 10;

export interface NotText {
  readonly offset: number;
  readonly message: string;
}

export type SourceText =
  | { readonly text: string; readonly refusal: undefined }
  /** `text` is the part that could be decoded, for places. */
  | { readonly text: string; readonly refusal: NotText };

/** Decodes UTF-8 strictly. */
export function decodeSource(input: string | Uint8Array): SourceText {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  if (bytes.length > MAX_BYTES) return refuse("", 0, `is larger than ${MAX_BYTES >> 10} KiB`);
  if (isUtf16(bytes)) return refuse("", 0, "is UTF-16: save it as UTF-8");
  const text = new TextDecoder("utf-8").decode(bytes);
  const broken = firstDifference(bytes, text);
  if (broken !== undefined) return refuse(text, broken, "is not UTF-8 from here on");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return refuse(text, control.index, `has a control character, U+${code}, which YAML does not allow`);
  }
  return { text, refusal: undefined };
}

/** The place of an offset. An offset in trailing space moves to the end of the last word. */
export function placeOf(text: string, offset: number): Place {
  const at = Math.min(Math.max(offset, 0), text.trimEnd().length);
  const before = text.slice(0, at);
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}

function refuse(text: string, offset: number, message: string): SourceText {
  return { text, refusal: { offset, message } };
}

function isUtf16(bytes: Uint8Array): boolean {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  return bytes.length >= 2 && (mark === 0xfffe || mark === 0xfeff);
}

/** The offset of the first byte that is not UTF-8: the replacement character of the decoder encodes to other bytes. */
function firstDifference(bytes: Uint8Array, text: string): number | undefined {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const again = new TextEncoder().encode(text);
  for (let i = 0; i < Math.max(again.length, bytes.length - mark); i++) {
    if (again[i] !== bytes[i + mark]) return new TextDecoder("utf-8").decode(again.subarray(0, i)).length;
  }
  return undefined;
}
