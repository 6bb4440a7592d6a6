// Which captures have to go. Pure: what is there, the limits and the time in; names and reasons out.
//
// What somebody has pinned stays, whatever its age and size, and counts towards the limit like the others. Of these
// age comes first and spares nothing: who limits age may have to. Then size, oldest first, until the rest fits:
//   never     the newest of all, nor the protected ones (the newest of each open and of the last incident);
//   at last   a rule's only capture: while another rule has two of which one may go, that one goes first.
// So the total exceeds the limit only where nothing but what is never removed is left.

import type { Removal, StoredCapture } from "../model/capture.ts";
import { compareCaptureNames } from "../model/capture-name.ts";
import type { CleanupLimits } from "../model/config.ts";

/** The captures to remove, in the order in which to remove them; no more than the limits ask for. */
export function chooseRemovals(
  captures: readonly StoredCapture[],
  limits: Pick<CleanupLimits, "maxAgeMs" | "maxTotalBytes">,
  nowMs: number,
  protectedNames: readonly string[],
): readonly Removal[] {
  const isTooOld = ({ epochMs, isPinned }: StoredCapture) => !isPinned && nowMs - epochMs > limits.maxAgeMs;
  const oldestFirst = captures.toSorted(compareCaptureNames);
  const removals = oldestFirst.filter(isTooOld).map((capture) => removal(capture, "age"));

  const left = new Set(oldestFirst.filter((capture) => !isTooOld(capture)));
  const spared = new Set([...protectedNames, [...left].at(-1)?.fileName]);
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
