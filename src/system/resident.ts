// Reduces the resident memory of this program. Start-up runs code that is not run again (the parser of the
// configuration, the checks, libbpf's loader), and the kernel maps neighbouring pages with it: half of the resident
// memory at rest.

import type { Pointer } from "bun:ffi";
import { readFileSync } from "node:fs";
import { isExhausted, unlessExhausted } from "../model/exhaustion.ts";
import { checked, libc } from "./libc.ts";

const MADV_DONTNEED = 4;

/**
 * Finds the pages of the executable's own code and constants that were never written to. The loader has written
 * addresses into some read-only data, and without those pages the program would end.
 * @returns unmaps the pages. The needed ones return from the page cache, without reading the disk.
 */
export function findProgramPages(): () => void {
  const smaps = unlessExhausted(() => readFileSync("/proc/self/smaps", "utf8"));
  // Without the list the pages stay: this only saves memory.
  const ranges = isExhausted(smaps) ? [] : untouchedRanges(smaps, process.execPath);
  return () => {
    for (const { address, bytes } of ranges) {
      checked(libc.madvise(address as Pointer, bytes, MADV_DONTNEED), "madvise MADV_DONTNEED");
    }
  };
}

/** The ranges of one file that are read-only and were never written: proc_pid_smaps(5), `Anonymous: 0 kB`. */
export function untouchedRanges(smaps: string, path: string): readonly { address: number; bytes: number }[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((mapping) => {
    const [, from, to, file] = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ \S+ +(.*)$/m.exec(mapping) ?? [];
    const isWritten = !/^Anonymous: +0 kB$/m.test(mapping);
    if (from === undefined || to === undefined || file !== path || isWritten) return [];
    const address = Number.parseInt(from, 16);
    return [{ address, bytes: Number.parseInt(to, 16) - address }];
  });
}
