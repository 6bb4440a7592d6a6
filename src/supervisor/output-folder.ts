// The output folder as the daemon claims it: no other aod may use it at the same time. It checks that the folder, its
// lock and `batches/` are unchanged, and creates them again if that is safe. The runner writes captures, the janitor
// deletes them.

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
  /** Without symbolic links: those of the configured path are resolved once, when the folder is claimed. */
  readonly path: string;
  /**
   * Checks that the folder, `batches/` and the lock are unchanged, and creates them again if they are missing.
   * @param minFreeBytes with less free space no capture is made: capture.min_free_mb.
   * @returns undefined if a capture can be written; otherwise the trouble.
   */
  check(minFreeBytes?: number): TroubleFinding | undefined;
  /** Releases the claim. */
  release(): void;
}

/**
 * Throws CONFIG_INVALID for a network file system (aod would hang on what it diagnoses), OUTPUT_UNUSABLE if the folder
 * can't be created or other users may write to it, ALREADY_RUNNING with the pid of the other aod.
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
  /** The identity of `batches/` at the last check. */
  #batches: string;

  constructor(path: string) {
    this.path = path;
    // Creates both folders, and refuses folders of other users.
    openBatchesFolder(path).close();
    this.#lock = lockIn(path);
    this.#batches = this.#identity();
  }

  check(minFreeBytes = 0): TroubleFinding | undefined {
    try {
      // Opens it as a capture does: if this fails, a capture would fail too.
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
    // The number of a removed inode is reused soon: the time of birth distinguishes the two.
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
    const ancestor = `/${names.slice(0, length).join("/")}`;
    const found = lstatSync(ancestor, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() !== true || found.uid === 0 || found.uid === process.geteuid?.()) continue;
    throw new AodError(
      "OUTPUT_UNUSABLE",
      `output folder: ${ancestor} is a symbolic link of user ${found.uid}`,
      {
        path,
      },
    );
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
