// Room on the disk before anything is written to it. In: an open file and bytes; out: whether the file system has set them
// aside. The file keeps its size; what is not used in the end goes back when it is cut to it (ftruncate).

import { checked, lastErrno, libc } from "./libc.ts";

const FALLOC_FL_KEEP_SIZE = 0x1;
const EINTR = 4;
const EFBIG = 27;
const ENOSPC = 28;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
const EDQUOT = 122;

/**
 * `unsupported`: this file system can't say beforehand (nor can an old kernel). Not posix_fallocate(3), which then writes
 * every block itself.
 */
export type Allocation = "allocated" | "full" | "unsupported";

/** Sets blocks aside for the first `bytes` of a file. Throws SYSCALL where the disk is broken. */
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
