// The folder that holds the captures, opened once. In: the configured output folder; out: a path that keeps meaning
// this folder whatever is renamed or replaced beside it. Makes what is missing for who writes; reads and writes no capture.

import { accessSync, closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { AodError } from "../model/failure.ts";

/** The captures' folder below the output folder. */
export const BATCHES = "batches";

export interface BatchesFolder {
  readonly fd: number;
  /** /proc/self/fd/N: files in it are reached relative to the open folder, as openat(2) does; valid until `close`. */
  readonly path: string;
  close(): void;
}

/**
 * Opens `batches/` below the output folder and makes both where they are missing, for their owner only. Throws
 * OUTPUT_UNUSABLE where that fails, where it is a symbolic link, or where somebody else owns it.
 */
export function openBatchesFolder(outputDir: string): BatchesFolder {
  const folder = join(outputDir, BATCHES);
  try {
    mkdirSync(outputDir, { recursive: true, mode: 0o700 });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const path = `/proc/self/fd/${fd}`;
    try {
      requireOurs(fd, folder);
      accessSync(path, constants.W_OK);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return { fd, path, close: closeOnce(fd) };
  } catch (error) {
    if (error instanceof AodError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const hint = code === "ENOTDIR" ? " (a file or a symbolic link where a folder belongs)" : "";
    throw new AodError("OUTPUT_UNUSABLE", `open ${folder}: ${code}${hint}`, { folder }, error);
  }
}

/**
 * The same for who only looks: nothing is made or changed. Undefined where the output folder is there and has no `batches/`
 * yet. Throws what open(2) throws: ENOENT, EACCES, ENOTDIR and ELOOP for a file or a symbolic link in its place.
 */
export function openBatchesToRead(outputDir: string): BatchesFolder | undefined {
  closeSync(openSync(join(outputDir, "."), constants.O_RDONLY | constants.O_DIRECTORY));
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  try {
    const fd = openSync(join(outputDir, BATCHES), flags);
    return { fd, path: `/proc/self/fd/${fd}`, close: closeOnce(fd) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function requireOurs(fd: number, folder: string): void {
  const { uid, mode } = fstatSync(fd);
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw new AodError("OUTPUT_UNUSABLE", `${folder} belongs to user ${uid}, who could replace captures`, {
      folder,
      uid,
    });
  }
  // Captures name files, users and servers: for their owner alone, also in a folder that was there before.
  if ((mode & 0o077) !== 0) fchmodSync(fd, 0o700);
}

function closeOnce(fd: number): () => void {
  let closed = false;
  return () => {
    if (!closed) closeSync(fd);
    closed = true;
  };
}
