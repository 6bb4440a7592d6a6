// One process for each output folder: a lock on a file in it, which the kernel gives back however the process ends.
// In: a path; out: the lock, or the pid of whoever holds it. The file's content is for people only.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { checked, lastErrno, libc } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

export type LockResult =
  | { readonly locked: true; release(): void }
  /** The pid that the holder has written; undefined where it has not yet. */
  | { readonly locked: false; readonly holderPid: number | undefined };

/** Takes the lock without waiting. Throws what open throws, a symbolic link included (ELOOP). */
export function takeLock(path: string): LockResult {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  const returned = libc.flock(fd, LOCK_EX | LOCK_NB);
  if (returned < 0 && lastErrno() === EWOULDBLOCK) {
    const holder = Number.parseInt(readFileSync(fd, "utf8"), 10);
    closeSync(fd);
    return { locked: false, holderPid: Number.isNaN(holder) ? undefined : holder };
  }
  checked(returned, `lock ${path}`);
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`, 0);
  return { locked: true, release: () => closeSync(fd) };
}
