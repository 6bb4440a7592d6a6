// Which captures have to go. Pure: what is there, oldest first and with its age, and the limits in; names and reasons out.
//
// A pinned capture stays, whatever its age and size, and counts towards the limit like the others. Of the rest go those that are too
// old, then for size the oldest, until what is left fits:
//   never     the newest of all, nor the protected ones (the newest of each open and of the last incident);
//   at last   for size, a rule's only capture: while another rule has two of which one may go, that one goes first.
// So the total exceeds the limit only where nothing but what is never removed is left.

import type { Removal, StoredCapture } from "../model/capture.ts";
import type { CleanupLimits } from "../model/config.ts";
import type { AgedCapture } from "./ages.ts";

/**
 * The captures to remove, in the order in which to remove them; no more than the limits ask for.
 * @param oldestFirst in the order in which they came.
 */
export function chooseRemovals(
  oldestFirst: readonly AgedCapture[],
  limits: Pick<CleanupLimits, "maxAgeMs" | "maxTotalBytes">,
  protectedNames: readonly string[],
): readonly Removal[] {
  const spared = new Set([...protectedNames, oldestFirst.at(-1)?.fileName]);
  const isTooOld = ({ ageMs, isPinned, fileName }: AgedCapture) =>
    !isPinned && !spared.has(fileName) && ageMs !== undefined && ageMs > limits.maxAgeMs;
  const removals = oldestFirst.filter(isTooOld).map((capture) => removal(capture, "age"));

  const left = new Set(oldestFirst.filter((capture) => !isTooOld(capture)));
  const countOfRule = new Map<string, number>();
  for (const { rule } of left) countOfRule.set(rule, (countOfRule.get(rule) ?? 0) + 1);
  let totalBytes = [...left].reduce((sum, { bytes }) => sum + bytes, 0);

  // Counts only fall: what is a rule's only one in the first pass stays it, so that one look at each is enough.
  for (const isLastResort of [false, true]) {
    for (const capture of left) {
      if (totalBytes <= limits.maxTotalBytes) return removals;
      const count = countOfRule.get(capture.rule) ?? 0;
      if (capture.isPinned || spared.has(capture.fileName) || (count === 1 && !isLastResort)) continue;
      left.delete(capture);
      countOfRule.set(capture.rule, count - 1);
      totalBytes -= capture.bytes;
      removals.push(removal(capture, "size"));
    }
  }
  return removals;
}

/** By how much the pinned ones alone exceed the limit; 0 where they do not. */
export function pinnedOverBytes(
  captures: readonly StoredCapture[],
  { maxTotalBytes }: Pick<CleanupLimits, "maxTotalBytes">,
): number {
  const pinnedBytes = captures.reduce((sum, { bytes, isPinned }) => sum + (isPinned ? bytes : 0), 0);
  return Math.max(0, pinnedBytes - maxTotalBytes);
}

function removal({ fileName, bytes }: StoredCapture, reason: Removal["reason"]): Removal {
  return { name: fileName, bytes, reason };
}
