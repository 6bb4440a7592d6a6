// Files that exist in memory only: a path for the loader, or a file descriptor to map. Nothing is written to disk, so a
// read-only root or a noexec /tmp does not matter.

import { writeSync } from "node:fs";
import { checked, lastErrno, libc } from "./libc.ts";

const MFD_CLOEXEC = 0x1;
// Linux 6.3; older kernels answer EINVAL. The loader maps a library executable whatever its mode, and a kernel with
// vm.memfd_noexec=2 makes no memory file without this: mm/memfd.c, check_sysctl_memfd_noexec.
const MFD_NOEXEC_SEAL = 0x8;
const EINVAL = 22;

/**
 * The path of a file in memory that holds `bytes`, for dlopen in this process. It stays open for the life of the
 * process: the loader knows libraries by their paths, and would take another one under the same number for this one.
 */
export function libraryFile(name: string, bytes: Uint8Array): string {
  const fd = create(name);
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  return `/proc/self/fd/${fd}`;
}

/** A shared memory file of a fixed size, zeroed, to be mapped. The caller closes the file descriptor. */
export function sharedMemory(name: string, bytes: number): number {
  const fd = create(name);
  checked(libc.ftruncate(fd, bytes), `ftruncate ${name}`);
  return fd;
}

function create(name: string): number {
  const nameBytes = new TextEncoder().encode(`${name}\0`);
  const fd = libc.memfd_create(nameBytes, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd < 0 && lastErrno() === EINVAL) {
    return checked(libc.memfd_create(nameBytes, MFD_CLOEXEC), `memfd_create ${name}`);
  }
  return checked(fd, `memfd_create ${name}`);
}
