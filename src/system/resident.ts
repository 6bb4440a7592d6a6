// How much of this program stays in memory. Start-up runs through code that is not run again (the parser of the
// configuration, the checks, libbpf's loader) and the kernel maps neighbours along with it: half of what is resident
// at rest. In and out: nothing but the effect.

import type { Pointer } from "bun:ffi";
import { readFileSync } from "node:fs";
import { checked, libc } from "./libc.ts";

const MADV_DONTNEED = 4;

/**
 * Unmaps the pages of the executable's own code: those that are needed come back from the page cache, without reading
 * the disk. Code is never written to, so nothing can be lost; read-only data is left alone, for the loader has put
 * addresses into it.
 */
export function dropCodePages(): void {
  for (const { address, bytes } of codeRanges(readFileSync("/proc/self/maps", "utf8"), process.execPath)) {
    checked(libc.madvise(address as Pointer, bytes, MADV_DONTNEED), "madvise MADV_DONTNEED");
  }
}

/** The executable ranges of one file: lines of proc_pid_maps(5) with the permissions `r-xp`. */
export function codeRanges(maps: string, path: string): readonly { address: number; bytes: number }[] {
  return maps.split("\n").flatMap((line) => {
    const [, from, to, file] = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \S+ +(.*)$/.exec(line) ?? [];
    if (from === undefined || to === undefined || file !== path) return [];
    const address = Number.parseInt(from, 16);
    return [{ address, bytes: Number.parseInt(to, 16) - address }];
  });
}
