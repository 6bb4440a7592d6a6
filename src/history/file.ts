// The history on the disk: `incidents.jsonl` in the output folder, and the `.1` that the janitor makes of it. In: lines;
// out: an errno's name where one could not be written, the text of both files. The one impure file of this room; it
// deletes and renames nothing, and follows no symbolic link.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { HistoryText } from "./entry.ts";

/** File names in the output folder. */
export const HISTORY = "incidents.jsonl";
export const OLD_HISTORY = `${HISTORY}.1`;

/** Of each file the end: the janitor renames at a fourth of this, if it is there. */
const READ_MAX_BYTES = 16 << 20;
const LINE_FEED = 10;

/** Appends whole lines. Nothing throws: a full disk must not end the daemon. */
export class HistoryFile {
  readonly #path: string;
  readonly #firstLines: () => string;
  readonly #writeTo: (fd: number, bytes: Uint8Array, offset: number) => number;
  #fd: number | undefined;
  /** The last line has no end: a write stopped half-way, or a crash did. */
  #torn = false;
  #failures = 0;

  /**
   * @param firstLines what a file that is begun anew has to begin with.
   * @param writeTo as write(2): writes at least a part, or throws.
   */
  constructor(outputDir: string, firstLines: () => string, writeTo = writeBytes) {
    this.#path = join(outputDir, HISTORY);
    this.#firstLines = firstLines;
    this.#writeTo = writeTo;
  }

  /** Writes that failed. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Writes lines; without any it only begins the file anew, if it is not there any more.
   * @returns the errno's name where that failed.
   */
  append(lines = ""): string | undefined {
    try {
      const fd = this.#stillThere() ?? this.#open();
      if (lines !== "") this.#write(fd, lines);
      return undefined;
    } catch (error) {
      this.#failures += 1;
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** The open file, unless the janitor has renamed it or somebody has removed it. */
  #stillThere(): number | undefined {
    if (this.#fd === undefined) return undefined;
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && isSameFile(found, fstatSync(this.#fd)) ? this.#fd : undefined;
  }

  #open(): number {
    this.close();
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    // By way of the folder itself: a link in its place would have the history written elsewhere.
    const folder = openSync(dirname(this.#path), constants.O_RDONLY | constants.O_DIRECTORY | O_NOFOLLOW);
    let fd: number;
    try {
      fd = openSync(`/proc/self/fd/${folder}/${HISTORY}`, flags, 0o600);
    } finally {
      closeSync(folder);
    }
    const { size, mode } = requireFile(fd);
    this.#fd = fd;
    if ((mode & 0o077) !== 0) fchmodSync(fd, 0o600);
    const last = new Uint8Array(1);
    this.#torn = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== LINE_FEED;
    if (size === 0) this.#write(fd, this.#firstLines());
    return fd;
  }

  #write(fd: number, lines: string): void {
    const bytes = new TextEncoder().encode(this.#torn ? `\n${lines}` : lines);
    this.#torn = true;
    for (let done = 0; done < bytes.length; ) done += this.#writeTo(fd, bytes, done);
    this.#torn = false;
  }
}

function writeBytes(fd: number, bytes: Uint8Array, offset: number): number {
  return writeSync(fd, bytes, offset);
}

/** Both files, the older one first; a missing one is empty. Throws what open and read throw. */
export function readHistory(outputDir: string): readonly HistoryText[] {
  // Throws ENOENT where the folder itself is missing, and EACCES where it may not be searched.
  closeSync(openSync(join(outputDir, "."), constants.O_RDONLY | constants.O_DIRECTORY));
  return [OLD_HISTORY, HISTORY].map((name) => {
    const { text, isWhole } = readEnd(join(outputDir, name));
    // Lines that were not read can't be counted.
    return { file: isWhole ? name : `${name} (its last ${READ_MAX_BYTES >> 20} MiB)`, text };
  });
}

function readEnd(path: string): { readonly text: string; readonly isWhole: boolean } {
  const fd = openIfThere(path);
  if (fd === undefined) return { text: "", isWhole: true };
  const { size } = requireFile(fd);
  try {
    const bytes = new Uint8Array(Math.min(size, READ_MAX_BYTES));
    let length = 0;
    for (let got = 1; got > 0 && length < bytes.length; length += got) {
      got = readSync(fd, bytes, length, bytes.length - length, size - bytes.length + length);
    }
    const text = new TextDecoder().decode(bytes.subarray(0, length));
    // The part that was left out ends in the middle of a line.
    const isWhole = size <= bytes.length;
    return { text: isWhole ? text : text.slice(text.indexOf("\n") + 1), isWhole };
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Closes what is none. */
function requireFile(fd: number): Stats {
  const stats = fstatSync(fd);
  if (stats.isFile()) return stats;
  closeSync(fd);
  throw Object.assign(new Error("no plain file"), { code: "EINVAL" });
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
