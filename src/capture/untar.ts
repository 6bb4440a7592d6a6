// Splits a capture's tar archive into its files. The archive is not trusted: the sender of a capture may have made it.
// The files are views of the archive's bytes. Writes nothing.
//
// Only the form that aod writes is accepted: POSIX ustar with files and folders below one folder. Links, devices,
// extensions, paths that leave the folder and duplicate paths are refused.

import { damaged } from "./damage.ts";

export interface Archive {
  /** The one folder that holds everything. */
  readonly folder: string;
  /** By path below that folder, in the archive's order. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The size of a header, and the unit to which contents are padded. */
export const BLOCK_BYTES = 512;
const PATH_MAX_CHARS = 255;
const FILE = "0";
const FOLDER = "5";

/** @param maxEntries files and folders. */
export function untar(bytes: Uint8Array, maxEntries: number): Archive {
  const files = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  let folder: string | undefined;
  let at = 0;
  for (;;) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) throw damaged("the archive has no end");
    if (isZero(block)) break;
    const { path, type, size } = readHeader(block);
    at += BLOCK_BYTES;
    if (size > bytes.length - at) throw damaged(`${path} is longer than the archive`);
    const parts = partsOf(path);
    folder ??= parts[0];
    if (parts[0] !== folder) throw damaged(`${path} is outside of ${folder}`);
    const inside = parts.slice(1).join("/");
    if (files.has(inside) || (type === FILE && folders.has(inside))) throw damaged(`${path} appears twice`);
    if (type === FILE) {
      if (inside === "") throw damaged("its top entry is not a folder");
      files.set(inside, bytes.subarray(at, at + size));
    }
    for (let end = type === FOLDER ? parts.length : parts.length - 1; end > 0; end--) {
      const above = parts.slice(1, end).join("/");
      if (files.has(above)) throw damaged(`${path} is below a file`);
      folders.add(above);
    }
    if (files.size + folders.size > maxEntries) throw damaged(`it has more than ${maxEntries} entries`);
    at += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  const rest = bytes.subarray(at);
  if (folder === undefined || rest.length < 2 * BLOCK_BYTES || !isZero(rest))
    throw damaged("the archive does not end as it should");
  return { folder, files };
}

// --- internal ---

export interface Header {
  readonly path: string;
  readonly type: typeof FILE | typeof FOLDER;
  readonly size: number;
}

/** Reads the header in one block. Throws CAPTURE_DAMAGED unless it is of a file or a folder below a folder. */
export function readHeader(block: Uint8Array): Header {
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (octal(block, 148, 8) !== sum) throw damaged("a header's checksum is wrong");
  if (text(block, 257, 6) !== "ustar") throw damaged("a header is not of a POSIX archive");
  const type = text(block, 156, 1);
  const path = [text(block, 345, 155), text(block, 0, 100)].filter((part) => part !== "").join("/");
  if (type !== FILE && type !== FOLDER) throw damaged(`${show(path)} is neither a file nor a folder`);
  const size = octal(block, 124, 12);
  if (type === FOLDER && size !== 0) throw damaged(`${show(path)} is a folder with content`);
  return { path: checked(path, type), type, size };
}

/** Returns the path if it is printable ASCII, relative, and never leads upwards. Throws CAPTURE_DAMAGED otherwise. */
function checked(path: string, type: string): string {
  const bare = type === FOLDER ? path.replace(/\/$/, "") : path;
  const isGood =
    bare.length <= PATH_MAX_CHARS &&
    /^[!-~]+$/.test(bare) &&
    !bare.includes("\\") &&
    partsOf(bare).every((part) => part !== "" && part !== "." && part !== "..");
  if (!isGood) throw damaged(`${show(path)} is not a path below a folder`);
  return bare;
}

function partsOf(path: string): readonly string[] {
  return path.split("/");
}

/** The path quoted and shortened for a message. */
function show(path: string): string {
  return JSON.stringify(path.slice(0, PATH_MAX_CHARS));
}

/** The text up to the first NUL; each byte is a character. */
function text(block: Uint8Array, at: number, length: number): string {
  return (
    Buffer.from(block.subarray(at, at + length))
      .toString("latin1")
      .split("\0", 1)[0] ?? ""
  );
}

/** Reads a number: octal digits, then NUL or spaces to the end of the field. */
function octal(block: Uint8Array, at: number, length: number): number {
  const digits = /^ *([0-7]{1,11})[\0 ]*$/.exec(
    Buffer.from(block.subarray(at, at + length)).toString("latin1"),
  )?.[1];
  if (digits === undefined) throw damaged("a header holds a malformed number");
  return Number.parseInt(digits, 8);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
