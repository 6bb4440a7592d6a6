// The captures and the history on the disk: the only file that lists captures, and the only one that deletes or renames.
// In: the open folder and the limits; out: what is gone and what is left. Sees regular files with a capture's or the
// history's name and nothing else: no symbolic link, no folder, no file of another tool, no capture that is still being
// written.

import { lstatSync, readdirSync, renameSync, type Stats, unlinkSync } from "node:fs";
import { join } from "node:path";
import { HISTORY, OLD_HISTORY } from "../history/file.ts";
import type { Removal, StoredCapture } from "../model/capture.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { CleanupLimits } from "../model/config.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import type { FromJanitor } from "../thread/messages.ts";
import { chooseRemovals } from "./retention.ts";

type Swept = Extract<FromJanitor, { type: "swept" }>;

/** The history is begun anew when it is longer; what it was stays as the old one. */
const HISTORY_MAX_BYTES = 4 << 20;

/** Removes the captures that the limits ask for; one that can't be removed stops nothing. */
export function sweep(
  folder: BatchesFolder,
  limits: CleanupLimits,
  nowMs: number,
  protectedNames: readonly string[],
  remove = removeCapture,
): Omit<Swept, "rotated"> {
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
    const found = statsOfFile(`${folder.path}/${fileName}`);
    return found === undefined ? [] : [{ ...name, fileName, bytes: found.size }];
  });
}

/** Removes a capture; one that is gone already counts as removed. Returns the errno's name where it can't be. */
export function removeCapture(folder: BatchesFolder, fileName: string): string | undefined {
  if (parseCaptureName(fileName) === undefined) throw new RangeError(`${fileName} is no capture`);
  const errno = errnoOf(() => unlinkSync(`${folder.path}/${fileName}`));
  return errno === "ENOENT" ? undefined : errno;
}

/** Renames the history where it has become long, and removes the old one where nothing was written to it for too long. */
export function tendHistory(
  outputDir: string,
  { maxAgeMs }: Pick<CleanupLimits, "maxAgeMs">,
  nowMs: number,
): Pick<Swept, "removals" | "stuck" | "rotated"> {
  const [current, old] = [HISTORY, OLD_HISTORY].map((name) => join(outputDir, name)) as [string, string];
  const isLong = (statsOfFile(current)?.size ?? 0) > HISTORY_MAX_BYTES;
  const renamed = isLong ? errnoOf(() => renameSync(current, old)) : undefined;
  const oldStats = statsOfFile(old);
  const isTooOld = oldStats !== undefined && nowMs - oldStats.mtimeMs > maxAgeMs;
  const removed = isTooOld ? errnoOf(() => unlinkSync(old)) : undefined;
  return {
    rotated: isLong && renamed === undefined,
    removals:
      isTooOld && removed === undefined ? [{ name: OLD_HISTORY, bytes: oldStats.size, reason: "age" }] : [],
    stuck: [
      ...(renamed === undefined ? [] : [{ name: HISTORY, reason: renamed }]),
      ...(removed === undefined ? [] : [{ name: OLD_HISTORY, reason: removed }]),
    ],
  };
}

function statsOfFile(path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? found : undefined;
}

/** The errno's name of what could not be done. */
function errnoOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function sumBytes(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
