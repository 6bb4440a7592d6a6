// Packs a capture's files into its partial file: archive, compression, writing. New captures and captures that are
// cleaned again are packed here and nowhere else. A generator, so that the thread can do other work between two steps.
// Does not give the capture its final name: partial-capture.ts does.

import type { BatchesFolder } from "../system/batches-folder.ts";
import { type PartialCapture, requireSpace } from "./partial-capture.ts";
import { type TarFolder, tarChunks, totalBytes } from "./tar.ts";
import { zstd } from "./zstd.ts";

/**
 * Writes a capture, one compressed piece a step; the disk space for it is allocated first. Throws DISK_FULL or
 * CAPTURE_WRITE.
 * @param minFreeBytes space that the folder's file system must keep free.
 */
export function* pack(
  tar: TarFolder,
  partial: PartialCapture,
  folder: BatchesFolder,
  minFreeBytes: number,
): Generator<undefined, void, void> {
  const archive = [...tarChunks(tar)];
  const archiveBytes = totalBytes(archive);
  const mostBytes = zstd().compressedBoundBytes(archiveBytes);
  requireSpace(folder, mostBytes, minFreeBytes);
  partial.allocate(mostBytes);
  for (const piece of zstd().compress(archive, archiveBytes)) {
    partial.write(piece);
    yield;
  }
}
