// Reads a whole capture into memory: its files and its manifest. Throws NOT_FOUND, NOT_PERMITTED or CAPTURE_DAMAGED.
// Extracts nothing to the disk. The input is not trusted: a capture may come from anywhere.

import { closeSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { AodError } from "../model/failure.ts";
import { damaged } from "./damage.ts";
import { readFrame } from "./frame.ts";
import { openCapture, readAt } from "./open.ts";
import { untar } from "./untar.ts";

export interface Capture {
  /** The folder in the archive: the file's original name without its suffix. */
  readonly name: string;
  /** Contents by path below that folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The parsed manifest.json; docs/captures.md describes it. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

export interface ReadLimits {
  readonly maxFileBytes: number;
  /** The limit on the decompressed content: a few kilobytes can expand to any number of gigabytes. */
  readonly maxContentBytes: number;
  readonly maxEntries: number;
}

/** A few times the size of aod's own captures. */
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

/** Reads a capture that is in memory. Throws only CAPTURE_DAMAGED. */
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
    // 0 would mean no limit.
    content = zstdDecompressSync(file, { maxOutputLength: Math.max(1, mostBytes) });
  } catch (error) {
    throw damaged("it can't be decompressed, or holds more than it says", error);
  }
  if (contentBytes !== undefined && content.length !== contentBytes)
    throw damaged(`it holds ${content.length} bytes and says ${contentBytes}`);
  return content;
}

/** Throws CAPTURE_DAMAGED unless the bytes are a JSON object. */
export function parseManifest(bytes: Uint8Array | undefined): Capture["manifest"] {
  if (bytes === undefined) throw damaged("it has no manifest.json");
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged("manifest.json is not valid JSON", error);
  }
  if (!isObject(manifest)) throw damaged("manifest.json is not a JSON object");
  if (isDeeperThan(manifest, DEPTH_MAX))
    throw damaged(`manifest.json is nested more than ${DEPTH_MAX} levels deep`);
  return manifest;
}

/** Checks that every file of the manifest exists and has the checksum that the manifest gives. */
function checkFiles({ actions, report }: Capture["manifest"], files: Capture["files"]): void {
  for (const action of [...(Array.isArray(actions) ? actions : []), report]) {
    if (!isObject(action) || typeof action.file !== "string" || typeof action.sha256 !== "string") continue;
    const content = files.get(action.file);
    if (content === undefined) throw damaged(`${JSON.stringify(action.file)} is missing`);
    if (new Bun.CryptoHasher("sha256").update(content).digest("hex") !== action.sha256)
      throw damaged(`the checksum of ${action.file} is wrong`);
  }
}

/** aod's manifests nest 6 levels. Code that shows a value recurses to its end, and a stack is finite. */
const DEPTH_MAX = 32;

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
