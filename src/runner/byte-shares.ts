// Divides the capture's remaining bytes among the actions of one stage. Pure.
//
// A stage's actions begin at the same time, each with all remaining bytes, because it is unknown beforehand which of
// them print much. If their outputs exceed the remaining bytes together, they are cut afterwards, the biggest first: an
// output below an equal share stays whole, and the others divide what it does not need. An action that prints without
// end therefore costs no other action more than its fair share.

import { wholeLines } from "../scrubber/whole-text.ts";
import type { Keep } from "./capped-buffer.ts";

/**
 * The share of each, in the order of `wantedBytes`.
 * @returns shares that do not exceed `leftBytes` together, none larger than its wanted bytes.
 */
export function divideBytes(wantedBytes: readonly number[], leftBytes: number): readonly number[] {
  const given = wantedBytes.map(() => 0);
  const smallestFirst = [...wantedBytes.keys()].sort((a, b) => (wantedBytes[a] ?? 0) - (wantedBytes[b] ?? 0));
  let left = Math.max(0, leftBytes);
  smallestFirst.forEach((which, nth) => {
    const equal = Math.floor(left / (smallestFirst.length - nth));
    given[which] = Math.min(wantedBytes[which] ?? 0, equal);
    left -= given[which] ?? 0;
  });
  return given;
}

/** Cuts a text to its first or last whole lines; a single line to its first whole words. */
export function cutText(text: Uint8Array, maxBytes: number, keep: Keep): Uint8Array {
  if (text.length <= maxBytes) return text;
  const kept = keep === "head" ? text.subarray(0, maxBytes) : text.subarray(text.length - maxBytes);
  // `stream` leaves out a partial character at the end.
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(kept, { stream: true });
  return new TextEncoder().encode(wholeLines(decoded, keep)).subarray(0, maxBytes);
}
