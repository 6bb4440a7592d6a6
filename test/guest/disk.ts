// A small disk for a daemon's output, which can be filled up to a few MB and freed again.

import { mkdtempSync, rmdirSync, statfsSync, unlinkSync } from "node:fs";
import { run } from "./process.ts";

const BYTES_PER_MB = 1 << 20;

export interface SmallDisk {
  readonly folder: string;
  /** Fills it, except for this many MB. */
  leave(mb: number): Promise<void>;
  free(): void;
  remove(): Promise<void>;
}

/** @param size in the form of mke2fs. */
export async function makeDisk(size: string): Promise<SmallDisk> {
  const folder = mkdtempSync("/mnt/disk-");
  const image = `${folder.replace("/mnt/", "/var/tmp/")}.ext4`;
  const filler = `${folder}/filler`;
  await run("mke2fs", "-q", "-t", "ext4", "-m", "0", image, size);
  await run("mount", "-o", "loop", image, folder);
  return {
    folder,
    leave: async (mb) => {
      const { bavail, bsize } = statfsSync(folder);
      // Blocks are allocated and not written.
      await run("fallocate", "--length", String(bavail * bsize - mb * BYTES_PER_MB), filler);
    },
    free: () => unlinkSync(filler),
    remove: async () => {
      await run("umount", "--lazy", folder);
      rmdirSync(folder);
      unlinkSync(image);
    },
  };
}
