// Reads only the manifest of a capture: it is the first file of the archive, so that a list of a thousand captures need
// not decompress them all. Throws NOT_FOUND, NOT_PERMITTED or CAPTURE_DAMAGED. The input is not trusted, and the files
// behind the manifest are not checked: reader.ts does that.

import { closeSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { AodError } from "../model/failure.ts";
import { damaged } from "./damage.ts";
import { type OpenCapture, openCapture, readAt } from "./open.ts";
import { type Capture, parseManifest } from "./reader.ts";
import { BLOCK_BYTES, readHeader } from "./untar.ts";

/** aod's manifests have some ten thousand bytes. These bounds are for archives that another program has made. */
const READ_BYTES = 32 << 10;
const READ_MAX_BYTES = 1 << 20;
const MANIFEST_MAX_BYTES = 1 << 20;
/**
 * Most folders in front of the manifest: its own, and those that an archiver may add when a capture is packed again.
 */
const FOLDERS_MAX = 16;

export async function peekManifest(path: string): Promise<Capture["manifest"]> {
  const capture = openCapture(path);
  try {
    return parseManifest(await firstFile(capture));
  } catch (error) {
    if (!(error instanceof AodError) || error.code !== "CAPTURE_DAMAGED") throw error;
    throw new AodError("CAPTURE_DAMAGED", `read ${path}: ${error.message}`, { path }, error.cause);
  } finally {
    closeSync(capture.fd);
  }
}

/**
 * The manifest's bytes. @returns undefined if more of the archive is needed. Throws CAPTURE_DAMAGED if the archive
 * begins with any other file.
 */
export function manifestAtFront(archive: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + BLOCK_BYTES <= archive.length; at += BLOCK_BYTES) {
    const { path, type, size } = readHeader(archive.subarray(at, at + BLOCK_BYTES));
    if (type === "5" && at < FOLDERS_MAX * BLOCK_BYTES) continue;
    if (!/^[^/]+\/manifest\.json$/.test(path)) throw damaged("its first file is not manifest.json");
    if (size > MANIFEST_MAX_BYTES) throw damaged(`its manifest is larger than ${MANIFEST_MAX_BYTES} bytes`);
    const begin = at + BLOCK_BYTES;
    return begin + size <= archive.length ? archive.subarray(begin, begin + size) : undefined;
  }
  return undefined;
}

// --- internal ---

async function firstFile(capture: OpenCapture): Promise<Uint8Array> {
  let found: Uint8Array | undefined;
  try {
    // A pipeline ends as a whole: it rejects with any failure, also of reading, and reads nothing after its end.
    await pipeline(
      Readable.from(readPieces(capture)),
      createZstdDecompress(),
      async (pieces: AsyncIterable<Uint8Array>) => {
        // Decompressed piece by piece, no more than needed: memory stays small, however much the file would expand to.
        let archive: Uint8Array = new Uint8Array(0);
        for await (const piece of pieces) {
          archive = Buffer.concat([archive, piece]);
          found = manifestAtFront(archive);
          if (found !== undefined) return;
        }
      },
    );
  } catch (error) {
    // The pipeline also rejects if its consumer returns early.
    if (found !== undefined) return found;
    if (error instanceof AodError) throw error;
    throw damaged("it can't be decompressed", error);
  }
  if (found !== undefined) return found;
  throw damaged("it is cut short");
}

function* readPieces(capture: OpenCapture): Generator<Uint8Array> {
  for (let at = 0; at < READ_MAX_BYTES; at += READ_BYTES) {
    const piece = new Uint8Array(READ_BYTES);
    const got = readAt(capture, piece, at);
    if (got > 0) yield piece.subarray(0, got);
    if (got < READ_BYTES) return;
  }
}
