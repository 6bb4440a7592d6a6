// The output folder as the daemon holds it. In: the configured path; out: a claim that no other aod has, and whether everything is
// still in its place. What is missing is made again where that is safe. Captures are the runner's, cleaning is the janitor's.

import { fstatSync, lstatSync, mkdirSync, realpathSync, type Stats, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { AodError, toFailure } from "../model/failure.ts";
import { bytesText } from "../model/figure.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import { BATCHES, openBatchesFolder } from "../system/batches-folder.ts";
import { type LockResult, takeLock } from "../system/lock.ts";
import { remoteFileSystemOf } from "../system/mounts.ts";

type Lock = Extract<LockResult, { locked: true }>;

export interface OutputFolder {
  /** Without symbolic links: those of the configured path are resolved once, here. */
  readonly path: string;
  /**
   * Checks that the folder, `batches/` and the lock are unchanged, and makes them again where they are missing.
   * @param minFreeBytes with less free space no capture is made: capture.min_free_mb.
   * @returns undefined where a capture can be written; otherwise the trouble.
   */
  check(minFreeBytes?: number): TroubleFinding | undefined;
  /** Gives the folder back. */
  release(): void;
}

/**
 * Throws CONFIG_INVALID for a network file system (aod would hang on what it diagnoses), OUTPUT_UNUSABLE where it
 * can't be made or is not ours alone, ALREADY_RUNNING with the pid of the other aod.
 */
export function claimOutputFolder(outputDir: string): OutputFolder {
  requireLocal(outputDir);
  requireOwnLinks(outputDir);
  const path = resolvedFolder(outputDir);
  return new ClaimedFolder(path);
}

/**
 * Throws CONFIG_INVALID for a path on a network file system, without touching it.
 * @param key of the configuration that names it.
 */
export function requireLocal(path: string, key = "aod_output_dir"): void {
  const fileSystem = remoteFileSystemOf(path);
  if (fileSystem === undefined) return;
  throw new AodError(
    "CONFIG_INVALID",
    `${key} ${path} is on ${fileSystem.type}, mounted at ${fileSystem.mountPoint}: choose a local file system`,
  );
}

// --- internal ---

class ClaimedFolder implements OutputFolder {
  readonly path: string;
  #lock: Lock;
  /** Which folder the captures went to when it was last looked at. */
  #batches: string;

  constructor(path: string) {
    this.path = path;
    // Makes both folders, and refuses those of other users.
    openBatchesFolder(path).close();
    this.#lock = lockIn(path);
    this.#batches = this.#identity();
  }

  check(minFreeBytes = 0): TroubleFinding | undefined {
    try {
      // Opens it as a capture does: where this fails a capture fails too.
      openBatchesFolder(this.path).close();
      const isReplaced = this.#batches !== this.#identity();
      const isLockGone = !this.#hasLock();
      if (isLockGone) this.#lockAgain();
      this.#batches = this.#identity();
      if (isReplaced) return repaired("it was removed or replaced while aod ran, and was created again");
      if (isLockGone) return repaired("its lock was removed or replaced while aod ran, and was taken again");
      return this.#fullness(minFreeBytes);
    } catch (thrown) {
      const { message } = toFailure(thrown);
      return { text: `no capture can be written: ${message}`, isRepaired: false };
    }
  }

  release(): void {
    this.#lock.release();
  }

  #fullness(minFreeBytes: number): TroubleFinding | undefined {
    const { bavail, bsize } = statfsSync(this.path);
    const freeBytes = bavail * bsize;
    if (freeBytes >= minFreeBytes) return undefined;
    const floor = `${bytesText(minFreeBytes)} (capture.min_free_mb)`;
    return { text: `captures are paused: less than ${floor} of its disk is free`, isRepaired: false };
  }

  #identity(): string {
    const { dev, ino, birthtimeMs } = statSync(join(this.path, BATCHES));
    // The number of a removed inode is reused soon: the time of birth tells the two apart.
    return `${dev}:${ino}:${birthtimeMs}`;
  }

  #hasLock(): boolean {
    const found = lstatSync(join(this.path, LOCK), { throwIfNoEntry: false });
    return found !== undefined && isSame(found, fstatSync(this.#lock.fd));
  }

  #lockAgain(): void {
    const lost = this.#lock;
    this.#lock = lockIn(this.path);
    lost.release();
  }
}

const LOCK = "aod.lock";

function repaired(text: string): TroubleFinding {
  return { text, isRepaired: true };
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** A symbolic link that another user made would let that user choose where aod writes. */
function requireOwnLinks(path: string): void {
  const names = path.split("/").filter((name) => name !== "");
  for (let length = 1; length <= names.length; length++) {
    const way = `/${names.slice(0, length).join("/")}`;
    const found = lstatSync(way, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() !== true || found.uid === 0 || found.uid === process.geteuid?.()) continue;
    throw new AodError("OUTPUT_UNUSABLE", `output folder: ${way} is a symbolic link of user ${found.uid}`, {
      path,
    });
  }
}

function resolvedFolder(outputDir: string): string {
  try {
    mkdirSync(outputDir, { recursive: true, mode: 0o700 });
    return realpathSync(outputDir);
  } catch (cause) {
    throw unusable(outputDir, cause);
  }
}

function lockIn(outputDir: string): Lock {
  const path = join(outputDir, LOCK);
  const lock = takeLockAt(path);
  if (lock.locked) return lock;
  throw new AodError("ALREADY_RUNNING", `another aod uses ${outputDir}: pid ${lock.holderPid ?? "unknown"}`);
}

function takeLockAt(path: string): LockResult {
  try {
    return takeLock(path);
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): AodError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new AodError("OUTPUT_UNUSABLE", `output folder: ${path}: ${code}`, {}, cause);
}
