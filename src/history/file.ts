// The history on the disk: `incidents.jsonl` in the output folder, and the older `.1` to which the janitor renames it.
// This and tail.ts are the impure files of this room. Deletes and renames nothing, and follows no symbolic link.

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

/** At most this much is read, from the end of each file. A running janitor renames the history at a fourth of it. */
const READ_MAX_BYTES = 16 << 20;
const LINE_FEED = 10;

/** Appends whole lines. Never throws: a full disk must not end the daemon. */
export class HistoryFile {
  readonly #path: string;
  readonly #firstLines: () => string;
  readonly #writeTo: (fd: number, bytes: Uint8Array, offset: number) => number;
  #fd: number | undefined;
  /** The file ends in a partial line, because a write or a crash stopped half-way. */
  #torn = false;
  #failures = 0;

  /**
   * @param firstLines the lines with which a new file has to begin.
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
   * Appends lines. Without any it only creates the file again if it has been renamed or removed.
   * @returns the errno's name if that failed.
   */
  append(lines = ""): string | undefined {
    try {
      const fd = this.#currentFile() ?? this.#open();
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

  /** The open file, unless it has been renamed or removed. */
  #currentFile(): number | undefined {
    if (this.#fd === undefined) return undefined;
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && isSameFile(found, fstatSync(this.#fd)) ? this.#fd : undefined;
  }

  #open(): number {
    this.close();
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    // Opened relative to the folder itself: a symbolic link in its place would lead the history elsewhere.
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

/** Reads both files, the older one first; a missing file is empty. Throws the errors of open(2) and read(2). */
export function readHistory(outputDir: string): readonly HistoryText[] {
  // Throws ENOENT if the folder itself is missing, and EACCES if it may not be searched.
  closeSync(openSync(join(outputDir, "."), constants.O_RDONLY | constants.O_DIRECTORY));
  return [OLD_HISTORY, HISTORY].map((name) => {
    const { text, isWhole } = readEnd(join(outputDir, name));
    // Line numbers of a partly read file would be wrong, so its name says that it is only the end.
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
    // The part that was not read ends in the middle of a line.
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

/** Closes the descriptor and throws EINVAL unless it is a regular file. */
function requireFile(fd: number): Stats {
  const stats = fstatSync(fd);
  if (stats.isFile()) return stats;
  closeSync(fd);
  throw Object.assign(new Error("not a regular file"), { code: "EINVAL" });
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
