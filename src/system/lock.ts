// Locks on files, which the kernel releases however a process ends: of an open file, or of the file that stands for an
// output folder. The content of such a file is for people only. It never waits.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { checked, lastErrno, libc } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

export type LockResult =
  /** `fd` of the locked file, to check whether its path still names it. */
  | { readonly locked: true; readonly fd: number; release(): void }
  /** The pid that the holder has written; undefined if it has not yet. */
  | { readonly locked: false; readonly holderPid: number | undefined };

/**
 * Takes the lock of an open file, until it is closed. False if another process holds it; throws SYSCALL for other
 * errors.
 */
export function tryLock(fd: number, name: string): boolean {
  const returned = libc.flock(fd, LOCK_EX | LOCK_NB);
  if (returned < 0 && lastErrno() === EWOULDBLOCK) return false;
  checked(returned, `lock ${name}`);
  return true;
}

/** Takes the lock without waiting. Throws what open throws, a symbolic link included (ELOOP). */
export function takeLock(path: string): LockResult {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  if (!tryLock(fd, path)) {
    const holder = Number.parseInt(readFileSync(fd, "utf8"), 10);
    closeSync(fd);
    return { locked: false, holderPid: Number.isNaN(holder) ? undefined : holder };
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`, 0);
  return { locked: true, fd, release: () => closeSync(fd) };
}
