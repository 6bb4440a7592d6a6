// A capture's files become the bytes of its partial file: archive, compression, writing. The only way to pack a capture, for a
// new one and for one that is cleaned again. In: entries in memory; out: steps, so that a thread can do other work in between.
// Gives no capture its name: that is partial-capture.ts.

import type { BatchesFolder } from "../system/batches-folder.ts";
import { type PartialCapture, requireSpace } from "./partial-capture.ts";
import { type TarFolder, tarChunks, totalBytes } from "./tar.ts";
import { zstd } from "./zstd.ts";

/**
 * Writes a capture, one compressed piece a step; the space that it needs is set aside first. Throws DISK_FULL or CAPTURE_WRITE.
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
