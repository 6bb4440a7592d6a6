// The captures on the disk: the only file that lists them, and the only one that deletes them. In: the open folder and
// the limits; out: what is gone and what is left. Sees regular files with a capture's name and nothing else: no symbolic
// link, no folder, no file of another tool, no capture that is still being written.

import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import type { Removal } from "../model/capture.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { CleanupLimits } from "../model/config.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import type { FromJanitor } from "../thread/messages.ts";
import { chooseRemovals, type StoredCapture } from "./retention.ts";

/** Removes what the limits ask for; one that can't be removed stops nothing. */
export function sweep(
  folder: BatchesFolder,
  limits: CleanupLimits,
  nowMs: number,
  protectedNames: readonly string[],
  remove = removeCapture,
): Extract<FromJanitor, { type: "swept" }> {
  const captures = listCaptures(folder);
  const removals: Removal[] = [];
  const stuck: { readonly name: string; readonly reason: string }[] = [];
  for (const removal of chooseRemovals(captures, limits, nowMs, protectedNames)) {
    const reason = remove(folder, removal.name);
    if (reason === undefined) removals.push(removal);
    else stuck.push({ name: removal.name, reason });
  }
  const keptBytes = sumBytes(captures) - sumBytes(removals);
  return { type: "swept", removals, stuck, keptCount: captures.length - removals.length, keptBytes };
}

/** Every capture in the folder, in no particular order. */
export function listCaptures(folder: BatchesFolder): readonly StoredCapture[] {
  return readdirSync(folder.path).flatMap((fileName) => {
    const name = parseCaptureName(fileName);
    if (name === undefined) return [];
    const found = lstatSync(`${folder.path}/${fileName}`, { throwIfNoEntry: false });
    return found?.isFile() ? [{ ...name, fileName, bytes: found.size }] : [];
  });
}

/** Removes a capture; one that is gone already counts as removed. Returns the errno's name where it can't be. */
export function removeCapture(folder: BatchesFolder, fileName: string): string | undefined {
  if (parseCaptureName(fileName) === undefined) throw new RangeError(`${fileName} is no capture`);
  try {
    unlinkSync(`${folder.path}/${fileName}`);
    return undefined;
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : code;
  }
}

function sumBytes(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
