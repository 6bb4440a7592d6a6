// What the files of a stage's actions may hold together. In: what each has, and what is left of the capture's bytes; out: the
// same, cut where it is too much. Pure.
//
// A stage's actions begin at once, each with all that is left: which of them print much is not known before. So what exceeds
// it together is cut afterwards, the biggest first: what is below an equal share stays whole, and what it does not need
// is shared by the others. One that prints without end costs none of the others more than that.

import { wholeLines } from "../scrubber/whole-text.ts";
import type { Keep } from "./capped-buffer.ts";

/**
 * What each may have, in the order of what they want.
 * @returns no more together than `leftBytes`, and to none more than it wants.
 */
export function shareBytes(wantedBytes: readonly number[], leftBytes: number): readonly number[] {
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

/** The first or the last bytes of a text, as whole lines; of a single line its beginning, as whole words. */
export function cutText(text: Uint8Array, maxBytes: number, keep: Keep): Uint8Array {
  if (text.length <= maxBytes) return text;
  const kept = keep === "head" ? text.subarray(0, maxBytes) : text.subarray(text.length - maxBytes);
  // `stream` keeps back a character that is not whole.
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(kept, { stream: true });
  return new TextEncoder().encode(wholeLines(decoded, keep)).subarray(0, maxBytes);
}
