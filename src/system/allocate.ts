// Reserves room on the disk before data is written. The file keeps its size; the unused part is released when the file
// is cut to its final size (ftruncate).

import { checked, lastErrno, libc } from "./libc.ts";

const FALLOC_FL_KEEP_SIZE = 0x1;
const EINTR = 4;
const EFBIG = 27;
const ENOSPC = 28;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
const EDQUOT = 122;

/**
 * `unsupported`: this file system, or an old kernel, can't reserve room. posix_fallocate(3) is not used, because it
 * then writes every block itself.
 */
export type Allocation = "allocated" | "full" | "unsupported";

/** Reserves blocks for the first `bytes` of a file. Throws SYSCALL if the disk is broken. */
export function allocate(fd: number, bytes: number): Allocation {
  if (bytes === 0) return "allocated";
  for (;;) {
    const returned = libc.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes);
    if (returned === 0) return "allocated";
    switch (lastErrno()) {
      case EINTR:
        continue;
      case ENOSPC:
      case EDQUOT:
      case EFBIG:
        return "full";
      case EOPNOTSUPP:
      case ENOSYS:
        return "unsupported";
      default:
        checked(returned, `fallocate ${bytes} bytes`);
    }
  }
}
