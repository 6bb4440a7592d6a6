// Chooses the captures to remove. Pure.
//
// A pinned capture stays, whatever its age and size, and counts towards the size limit. Of the others, those that are
// too old are removed; then the oldest are removed for size, until the rest fits:
//   never     the newest of all, and the protected ones (the newest of each open incident and of the last incident);
//   at last   for size, a rule's only capture: while another rule has two captures, its removable one is removed first.
// So the total exceeds the limit only if all that is left must never be removed.

import type { Removal, StoredCapture } from "../model/capture.ts";
import type { CleanupLimits } from "../model/config.ts";
import type { AgedCapture } from "./ages.ts";

/**
 * The captures to remove, in the order of removal; no more than the limits require.
 * @param oldestFirst all captures, in the order of their arrival.
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

  // Counts only fall: a rule's only capture in the first pass remains its only one, so each pass sees each capture
  // once.
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

/** The number of bytes by which the pinned captures alone exceed the limit; 0 if they do not. */
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
