// The output folder before anything is written: is it local, can it be made, is it ours, does nobody else use it.
// In: the configured path; out: the lock that says it is ours. Captures are the runner's, cleaning is the janitor's.

import { join } from "node:path";
import { AodError } from "../model/failure.ts";
import { openBatchesFolder } from "../system/batches-folder.ts";
import { type LockResult, takeLock } from "../system/lock.ts";
import { remoteFileSystemOf } from "../system/mounts.ts";

/**
 * Throws CONFIG_INVALID for a network file system (aod would hang on what it diagnoses), OUTPUT_UNUSABLE where it
 * can't be made or is not ours alone, ALREADY_RUNNING with the pid of the other aod.
 * @returns gives the folder back.
 */
export function claimOutputFolder(outputDir: string): () => void {
  requireLocal(outputDir);
  // Makes both folders, and refuses what is not ours.
  openBatchesFolder(outputDir).close();
  const lock = lockIn(outputDir);
  if (!lock.locked) {
    throw new AodError(
      "ALREADY_RUNNING",
      `another aod uses ${outputDir}: pid ${lock.holderPid ?? "unknown"}`,
    );
  }
  return lock.release;
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

function lockIn(outputDir: string): LockResult {
  const path = join(outputDir, "aod.lock");
  try {
    return takeLock(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new AodError("OUTPUT_UNUSABLE", `output folder: ${path}: ${code}`, {}, cause);
  }
}
