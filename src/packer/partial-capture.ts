// A capture while it is being written: a hidden file of mode 0600 that gets its final name in one step when it is
// complete and on the disk, or never. Overwrites no file, follows no symbolic link, and allocates its disk space
// beforehand where the file system supports that.

import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { CAPTURE_SUFFIX, captureStem, isPartialName, partialName } from "../model/capture-name.ts";
import { AodError } from "../model/failure.ts";
import { allocate } from "../system/allocate.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";

/** Far more captures of one rule in one millisecond than any user needs. */
const ORDINAL_MAX = 9999;

export class PartialCapture {
  /** The final name without its suffix. */
  readonly stem: string;
  readonly #folder: BatchesFolder;
  readonly #path: string;
  readonly #fd: number;
  #bytes = 0;
  #open = true;

  private constructor(folder: BatchesFolder, stem: string, fd: number) {
    this.stem = stem;
    this.#folder = folder;
    this.#path = `${folder.path}/${partialName(stem)}`;
    this.#fd = fd;
  }

  /** Reserves the first free name for this time and rule. Throws DISK_FULL or CAPTURE_WRITE. */
  static reserve(folder: BatchesFolder, epochMs: number, rule: string): PartialCapture {
    for (let ordinal = 1; ordinal <= ORDINAL_MAX; ordinal++) {
      const stem = captureStem({ epochMs, ordinal, rule });
      if (lstatSync(`${folder.path}/${stem}${CAPTURE_SUFFIX}`, { throwIfNoEntry: false })) continue;
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      try {
        return new PartialCapture(
          folder,
          stem,
          openSync(`${folder.path}/${partialName(stem)}`, flags, 0o600),
        );
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw writeFailure("create", stem, error);
      }
    }
    throw new AodError("CAPTURE_WRITE", `${ORDINAL_MAX} captures of ${rule} in one millisecond`);
  }

  /** Allocates disk space, where the file system can, so that no write fails half-way. Throws DISK_FULL. */
  allocate(bytes: number): void {
    this.#attempt("allocate", () => {
      if (allocate(this.#fd, bytes) === "full")
        throw new AodError("DISK_FULL", `there is no room for the ${bytes} bytes of ${this.stem}`, { bytes });
    });
  }

  write(bytes: Uint8Array): void {
    this.#attempt("write", () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    });
    this.#bytes += bytes.length;
  }

  /** Gives the capture its final name once every byte is on the disk. */
  publish(): { readonly name: string; readonly bytes: number } {
    const name = this.stem + CAPTURE_SUFFIX;
    this.#attempt("complete", () => {
      this.#settle();
      linkSync(this.#path, `${this.#folder.path}/${name}`);
      this.#release();
      fsyncSync(this.#folder.fd);
    });
    return { name, bytes: this.#bytes };
  }

  /**
   * Replaces a stored capture with this file once every byte is on the disk.
   * @param put renames the file, or returns an errno's name; then the caller discards the file.
   */
  replace(
    put: (file: { readonly path: string; readonly fd: number }) => string | undefined,
  ): string | undefined {
    let errno: string | undefined;
    this.#attempt("complete", () => {
      this.#settle();
      errno = put({ path: this.#path, fd: this.#fd });
      if (errno !== undefined) return;
      this.#open = false;
      closeSync(this.#fd);
      fsyncSync(this.#folder.fd);
    });
    return errno;
  }

  /** Removes the file; does nothing after `publish` or `replace`. */
  discard(): void {
    if (this.#open) this.#attempt("discard", () => this.#release());
  }

  #settle(): void {
    // Gives back the allocated space that was not used.
    ftruncateSync(this.#fd, this.#bytes);
    fsyncSync(this.#fd);
  }

  #release(): void {
    this.#open = false;
    closeSync(this.#fd);
    try {
      unlinkSync(this.#path);
    } catch (error) {
      // The folder was removed, and the file with it.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  #attempt(doing: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof AodError && error.code === "DISK_FULL") throw error;
      throw writeFailure(doing, this.stem, error);
    }
  }
}

/** Whether the folder's file system still has `floorBytes` free after `bytes` more were written. */
export function hasSpace(folder: BatchesFolder, bytes: number, floorBytes: number): boolean {
  const { bavail, bsize } = statfsSync(folder.path);
  return bavail * bsize >= bytes + floorBytes;
}

/** Throws DISK_FULL unless the folder's file system still has `floorBytes` free after `bytes` more were written. */
export function requireSpace(folder: BatchesFolder, bytes: number, floorBytes: number): void {
  const { bavail, bsize } = statfsSync(folder.path);
  const freeBytes = bavail * bsize;
  if (freeBytes >= bytes + floorBytes) return;
  throw new AodError(
    "DISK_FULL",
    `the output folder's file system has ${freeBytes} bytes free; the capture needs ${bytes}, and ${floorBytes} must stay free (capture.min_free_mb)`,
    { freeBytes },
  );
}

/** Removes the unfinished files of a crash. Only for the runner, before it reserves its first capture. */
export function removeLeftovers(folder: BatchesFolder): number {
  const leftovers = readdirSync(folder.path).filter(isPartialName);
  for (const name of leftovers) unlinkSync(`${folder.path}/${name}`);
  return leftovers.length;
}

function writeFailure(doing: string, stem: string, error: unknown): AodError {
  const code = codeOf(error);
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new AodError(
    isFull ? "DISK_FULL" : "CAPTURE_WRITE",
    `${doing} ${stem}: ${code}`,
    { capture: stem },
    error,
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
