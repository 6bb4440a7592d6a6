// The captures and the history on the disk: the only file that lists captures, and the only one that deletes or renames.
// In: the open folder and the limits; out: what is gone and what is left. Sees regular files with a capture's or the
// history's name and nothing else: no symbolic link, no folder, no file of another tool, no capture that is still being
// written.
//
// A capture is pinned by making its file read-only: nothing beside it that could get lost, ls shows it, copies keep it. So
// that a sweep at the same moment can't take it, pinning and removing hold the file's lock while they look and act.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { HISTORY, OLD_HISTORY } from "../history/file.ts";
import type { Removal, StoredCapture } from "../model/capture.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { CleanupLimits } from "../model/config.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { tryLock } from "../system/lock.ts";
import type { FromJanitor } from "../thread/messages.ts";
import type { AgedCapture } from "./ages.ts";
import { chooseRemovals, pinnedOverBytes } from "./retention.ts";

type Swept = Extract<FromJanitor, { type: "swept" }>;

/** The history is begun anew when it is longer; what it was stays as the old one. */
const HISTORY_MAX_BYTES = 4 << 20;

const PINNED_MODE = 0o400;
const UNPINNED_MODE = 0o600;
const OWNER_WRITES = 0o200;
/** Another process is pinning or removing the capture. */
const BUSY = "EBUSY";

/** Removes those of these captures that the limits ask for; one that can't be removed stops nothing. */
export function sweep(
  folder: BatchesFolder,
  captures: readonly AgedCapture[],
  limits: CleanupLimits,
  protectedNames: readonly string[],
  remove = removeCapture,
): Omit<Swept, "rotated" | "ageDoubt"> {
  const removals: Removal[] = [];
  const stuck: { readonly name: string; readonly reason: string }[] = [];
  for (const removal of chooseRemovals(captures, limits, protectedNames)) {
    const reason = remove(folder, removal.name);
    if (reason === undefined) removals.push(removal);
    else stuck.push({ name: removal.name, reason });
  }
  const keptBytes = sumBytes(captures) - sumBytes(removals);
  const overBytes = pinnedOverBytes(captures, limits);
  return {
    type: "swept",
    removals,
    stuck,
    keptCount: captures.length - removals.length,
    keptBytes,
    overBytes,
  };
}

/** Every capture in the folder, in no particular order. */
export function listCaptures(folder: BatchesFolder): readonly StoredCapture[] {
  return readdirSync(folder.path).flatMap((fileName) => {
    const name = parseCaptureName(fileName);
    if (name === undefined) return [];
    const found = statsOfFile(`${folder.path}/${fileName}`);
    if (found === undefined) return [];
    return [{ ...name, fileName, bytes: found.size, isPinned: isPinnedMode(found.mode) }];
  });
}

/**
 * Removes a capture; one that is gone already counts as removed.
 * @param evenPinned without it what has been pinned meanwhile stays.
 * @returns the errno's name where it can't be removed; EBUSY where it is pinned, or about to be.
 */
export function removeCapture(
  folder: BatchesFolder,
  fileName: string,
  evenPinned = false,
): string | undefined {
  const errno = withLocked(folder, fileName, (fd) => {
    if (!evenPinned && isPinnedMode(fstatSync(fd).mode)) return BUSY;
    unlinkSync(`${folder.path}/${fileName}`);
    return undefined;
  });
  return errno === "ENOENT" ? undefined : errno;
}

/**
 * Makes a capture stay whatever the limits say, or not any more.
 * @returns the errno's name where that failed; ENOENT where it has been removed.
 */
export function pinCapture(folder: BatchesFolder, fileName: string, isToStay: boolean): string | undefined {
  return withLocked(folder, fileName, (fd) => {
    fchmodSync(fd, isToStay ? PINNED_MODE : UNPINNED_MODE);
    return undefined;
  });
}

/** Which file it is, whatever its name. */
export type FileIdentity = Pick<Stats, "dev" | "ino">;

/**
 * Puts a finished file in the place of the capture that it was made from, in one step. A pinned capture stays pinned.
 * @param original that capture, as it was before it was read.
 * @returns the errno's name where that failed: ENOENT where the capture has been removed or replaced meanwhile, ESTALE where the
 * finished file is gone, because a starting runner took it for the leftover of a crash.
 */
export function replaceCapture(
  folder: BatchesFolder,
  fileName: string,
  original: FileIdentity,
  finished: { readonly path: string; readonly fd: number },
): string | undefined {
  return withLocked(folder, fileName, (fd) => {
    const { dev, ino, mode } = fstatSync(fd);
    if (dev !== original.dev || ino !== original.ino) return "ENOENT";
    if (fstatSync(finished.fd).nlink === 0) return "ESTALE";
    fchmodSync(finished.fd, isPinnedMode(mode) ? PINNED_MODE : UNPINNED_MODE);
    fsyncSync(finished.fd);
    renameSync(finished.path, `${folder.path}/${fileName}`);
    return undefined;
  });
}

/**
 * Renames the history where it has become long, and removes the old one where nothing was written to it for too long.
 * @param ageOf of a file that was written last at this time, ms since 1970 UTC; undefined where the clock is doubted.
 */
export function tendHistory(
  outputDir: string,
  { maxAgeMs }: Pick<CleanupLimits, "maxAgeMs">,
  ageOf: (writtenMs: number) => number | undefined,
): Pick<Swept, "removals" | "stuck" | "rotated"> {
  const [current, old] = [HISTORY, OLD_HISTORY].map((name) => join(outputDir, name)) as [string, string];
  const isLong = (statsOfFile(current)?.size ?? 0) > HISTORY_MAX_BYTES;
  const renamed = isLong ? errnoOf(() => renameSync(current, old)) : undefined;
  const oldStats = statsOfFile(old);
  const isTooOld = oldStats !== undefined && (ageOf(oldStats.mtimeMs) ?? 0) > maxAgeMs;
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

/** Whether a file of this mode is one that stays. */
export function isPinnedMode(mode: number): boolean {
  return (mode & OWNER_WRITES) === 0;
}

/** Acts while nobody else may; EBUSY where somebody else does. Never waits: a stopped program must not stop a sweep. */
function withLocked(
  { path }: BatchesFolder,
  fileName: string,
  act: (fd: number) => string | undefined,
): string | undefined {
  if (parseCaptureName(fileName) === undefined) throw new RangeError(`${fileName} is no capture`);
  let fd: number | undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    fd = openSync(`${path}/${fileName}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!tryLock(fd, fileName)) return BUSY;
    // Removed between opening and locking: what is held has no name any more.
    return fstatSync(fd).nlink === 0 ? "ENOENT" : act(fd);
  } catch (error) {
    return errnoNameOf(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
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
    return errnoNameOf(error);
  }
}

function errnoNameOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function sumBytes(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
