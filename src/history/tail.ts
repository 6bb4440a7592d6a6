// The history as it grows, for a reader that follows it: the daemon appends whole lines, and the janitor renames the file when it is large.
// It reads only, follows no symbolic link, and waits for nothing: the caller decides how often it looks.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { HISTORY } from "./file.ts";

/** What one reading takes at most; the rest comes with the next one. */
const READ_MAX_BYTES = 8 << 20;
const LINE_FEED = 10;

export class HistoryTail {
  readonly #path: string;
  #fd: number | undefined;
  #offset = 0;

  constructor(outputDir: string) {
    this.#path = join(outputDir, HISTORY);
  }

  /** The whole lines since the last call; at the first one those of the present file. Throws errors of open(2) and read(2). */
  read(): string {
    const rest = this.#fd === undefined ? "" : this.#readOn(this.#fd);
    if (this.#fd !== undefined && this.#isCurrent(this.#fd)) return rest;
    // The old file has been renamed or removed; it was read to its end above.
    this.close();
    this.#fd = openIfThere(this.#path);
    this.#offset = 0;
    return this.#fd === undefined ? rest : rest + this.#readOn(this.#fd);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #isCurrent(fd: number): boolean {
    const [named, open] = [lstatSync(this.#path, { throwIfNoEntry: false }), fstatSync(fd)];
    return named !== undefined && named.ino === open.ino && named.dev === open.dev;
  }

  #readOn(fd: number): string {
    const bytes = new Uint8Array(Math.min(READ_MAX_BYTES, Math.max(0, fstatSync(fd).size - this.#offset)));
    const got = readSync(fd, bytes, 0, bytes.length, this.#offset);
    // A line that is still being written is read the next time.
    const whole = bytes.subarray(0, bytes.subarray(0, got).lastIndexOf(LINE_FEED) + 1);
    this.#offset += whole.length;
    return new TextDecoder().decode(whole);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    throw Object.assign(new Error("not a regular file"), { code: "EINVAL" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
