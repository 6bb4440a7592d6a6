// Opens a capture: for the demo, and for whatever shows captures later. In: a path; out: its files and its manifest, all
// in memory, or an AodError: NOT_FOUND, NOT_PERMITTED, CAPTURE_DAMAGED. Extracts nothing to the disk and trusts nothing: a
// capture may come from anywhere.

import { closeSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { AodError } from "../model/failure.ts";
import { damaged } from "./damage.ts";
import { readFrame } from "./frame.ts";
import { openCapture, readAt } from "./open.ts";
import { untar } from "./untar.ts";

export interface Capture {
  /** The folder inside, which is the file's name without its suffix unless somebody renamed it. */
  readonly name: string;
  /** By path below that folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What manifest.json holds; docs/captures.md says what that is. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

export interface ReadLimits {
  /** Of the file, and of what it holds: a few kilobytes can become any number of gigabytes. */
  readonly maxFileBytes: number;
  readonly maxContentBytes: number;
  readonly maxEntries: number;
}

/** Some times what aod's own captures come to. */
export const READ_LIMITS: ReadLimits = {
  maxFileBytes: 256 * 2 ** 20,
  maxContentBytes: 256 * 2 ** 20,
  maxEntries: 1024,
};

export function readCapture(path: string, limits = READ_LIMITS): Capture {
  try {
    return parseCapture(readFile(path, limits.maxFileBytes), limits);
  } catch (error) {
    if (!(error instanceof AodError) || error.code !== "CAPTURE_DAMAGED") throw error;
    throw new AodError("CAPTURE_DAMAGED", `read ${path}: ${error.message}`, { path }, error.cause);
  }
}

/** The same of bytes that are in memory. Throws CAPTURE_DAMAGED and nothing else. */
export function parseCapture(file: Uint8Array, limits = READ_LIMITS): Capture {
  const { folder, files } = untar(decompress(file, limits.maxContentBytes), limits.maxEntries);
  const manifest = parseManifest(files.get("manifest.json"));
  checkFiles(manifest, files);
  return { name: folder, files, manifest };
}

// --- internal ---

function readFile(path: string, maxBytes: number): Uint8Array {
  const capture = openCapture(path);
  try {
    if (capture.bytes > maxBytes) throw damaged(`it is larger than ${maxBytes} bytes`);
    const bytes = new Uint8Array(capture.bytes);
    let done = 0;
    for (let got = 1; got > 0 && done < bytes.length; done += got)
      got = readAt(capture, bytes.subarray(done), done);
    return bytes.subarray(0, done);
  } finally {
    closeSync(capture.fd);
  }
}

function decompress(file: Uint8Array, maxBytes: number): Uint8Array {
  const { bytes, contentBytes } = readFrame(file);
  if (bytes !== file.length) throw damaged("something follows its end");
  const mostBytes = contentBytes ?? maxBytes;
  if (mostBytes > maxBytes) throw damaged(`it holds more than ${maxBytes} bytes`);
  let content: Uint8Array;
  try {
    // Of 0 the limit would mean: none.
    content = zstdDecompressSync(file, { maxOutputLength: Math.max(1, mostBytes) });
  } catch (error) {
    throw damaged("it can't be decompressed, or holds more than it says", error);
  }
  if (contentBytes !== undefined && content.length !== contentBytes)
    throw damaged(`it holds ${content.length} bytes and says ${contentBytes}`);
  return content;
}

/** Throws CAPTURE_DAMAGED for what is no object of JSON. */
export function parseManifest(bytes: Uint8Array | undefined): Capture["manifest"] {
  if (bytes === undefined) throw damaged("it has no manifest.json");
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged("manifest.json is no JSON", error);
  }
  if (!isObject(manifest)) throw damaged("manifest.json is no object");
  if (isDeeperThan(manifest, DEPTH_MAX))
    throw damaged(`manifest.json is nested more than ${DEPTH_MAX} levels deep`);
  return manifest;
}

/** What the manifest says of a file must be so. */
function checkFiles({ actions, report }: Capture["manifest"], files: Capture["files"]): void {
  for (const action of [...(Array.isArray(actions) ? actions : []), report]) {
    if (!isObject(action) || typeof action.file !== "string" || typeof action.sha256 !== "string") continue;
    const content = files.get(action.file);
    if (content === undefined) throw damaged(`${JSON.stringify(action.file)} is missing`);
    if (new Bun.CryptoHasher("sha256").update(content).digest("hex") !== action.sha256)
      throw damaged(`the checksum of ${action.file} is wrong`);
  }
}

/** aod nests 6 levels. A value that is shown is walked to its end, and a stack is finite. */
const DEPTH_MAX = 32;

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
