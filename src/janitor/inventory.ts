// The captures and the history on the disk. No other file lists captures, and no other file deletes or renames them.
// Only regular files with the name of a capture or of the history are touched: no symbolic link, no folder, no file of
// another tool, and no capture that is still being written.
//
// A pinned capture is a read-only file: no other file can get lost, ls shows the pin, and copies preserve it. Pinning
// and removing hold the file's lock while they check and act, so that a sweep at the same moment can't remove it.

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

/** A longer history is renamed to the old one, and a new one begins. */
const HISTORY_MAX_BYTES = 4 << 20;

const PINNED_MODE = 0o400;
const UNPINNED_MODE = 0o600;
const OWNER_WRITES = 0o200;
/** Another process is pinning or removing the capture. */
const BUSY = "EBUSY";

/** Removes the captures that exceed the limits. A capture that can't be removed does not stop the sweep. */
export function sweep(
  folder: BatchesFolder,
  captures: readonly AgedCapture[],
  limits: CleanupLimits,
  protectedNames: readonly string[],
  remove = removeCapture,
): Omit<Swept, "rotated" | "ageDoubt"> {
  const removals: Removal[] = [];
  const undeletable: { readonly name: string; readonly reason: string }[] = [];
  for (const removal of chooseRemovals(captures, limits, protectedNames)) {
    const reason = remove(folder, removal.name);
    if (reason === undefined) removals.push(removal);
    else undeletable.push({ name: removal.name, reason });
  }
  const storedBytes = sumBytes(captures) - sumBytes(removals);
  const overBytes = pinnedOverBytes(captures, limits);
  return {
    type: "swept",
    removals,
    undeletable,
    storedCount: captures.length - removals.length,
    storedBytes,
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
 * Removes a capture; a missing one counts as removed.
 * @param evenPinned without it, a capture that has been pinned meanwhile stays.
 * @returns the errno's name if it can't be removed; EBUSY if it is pinned or is being pinned.
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
 * Pins a capture, so that no limit removes it, or unpins it.
 * @returns the errno's name if that failed; ENOENT if the capture has been removed.
 */
export function pinCapture(folder: BatchesFolder, fileName: string, isPinned: boolean): string | undefined {
  return withLocked(folder, fileName, (fd) => {
    fchmodSync(fd, isPinned ? PINNED_MODE : UNPINNED_MODE);
    return undefined;
  });
}

/** The identity of a file, independent of its name. */
export type FileIdentity = Pick<Stats, "dev" | "ino">;

/**
 * Replaces a capture with a finished file that was made from it, in one step. A pinned capture stays pinned.
 * @param original the identity of that capture before it was read.
 * @returns the errno's name if that failed: ENOENT if the capture has been removed or replaced meanwhile, ESTALE if the
 * finished file is gone because a starting runner removed it as the leftover of a crash.
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
 * Renames the history if it is too long, and removes the old one if its last write is too long ago.
 * @param ageOf the age of a file by the time of its last write, ms since 1970 UTC; undefined while the clock is
 * doubted.
 */
export function rotateHistory(
  outputDir: string,
  { maxAgeMs }: Pick<CleanupLimits, "maxAgeMs">,
  ageOf: (writtenMs: number) => number | undefined,
): Pick<Swept, "removals" | "undeletable" | "rotated"> {
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
    undeletable: [
      ...(renamed === undefined ? [] : [{ name: HISTORY, reason: renamed }]),
      ...(removed === undefined ? [] : [{ name: OLD_HISTORY, reason: removed }]),
    ],
  };
}

/** Whether a file of this mode is a pinned capture. */
export function isPinnedMode(mode: number): boolean {
  return (mode & OWNER_WRITES) === 0;
}

/**
 * Acts while it holds the file's lock; EBUSY if another process holds it. Never waits: a stopped program must not stop
 * a sweep.
 */
function withLocked(
  { path }: BatchesFolder,
  fileName: string,
  act: (fd: number) => string | undefined,
): string | undefined {
  if (parseCaptureName(fileName) === undefined) throw new RangeError(`${fileName} is not a capture`);
  let fd: number | undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    fd = openSync(`${path}/${fileName}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!tryLock(fd, fileName)) return BUSY;
    // If the file was removed between opening and locking, the locked file has no name any more.
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

/** The errno's name if the act failed. */
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
