// The holder of a file's lock, as the kernel's own list has it: /proc/locks, proc_locks(5). The answer is a pid, none,
// or unknown. It never takes the lock, not even for a moment: a process that wants it then would be refused.

import { lstatSync, readFileSync } from "node:fs";

/** `unknown`: aod may not read the file or the list. */
export type Holder = number | "none" | "unknown";

export interface LockedFile {
  /** As stat(2) returns them. */
  readonly device: bigint;
  readonly inode: bigint;
  /** The pid that the file contains; undefined if it can't be read. */
  readonly writtenPid: number | undefined;
}

/** The list lacks holders of another pid namespace: for a caller in a namespace of its own, `none` proves little. */
export function lockHolder(path: string): Holder {
  try {
    const { dev: device, ino: inode } = lstatSync(path, { bigint: true });
    return holderIn(readFileSync("/proc/locks", "utf8"), { device, inode, writtenPid: pidIn(path) });
  } catch (error) {
    // Without the file there is no lock. With EACCES and other errors the answer is unknown.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "none" : "unknown";
  }
}

/**
 * @param locks the text of /proc/locks; `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`, and with `->` the processes
 * that wait.
 */
export function holderIn(locks: string, { device, inode, writtenPid }: LockedFile): Holder {
  const holders = [...locks.matchAll(/^\d+: FLOCK +\w+ +\w+ +(\d+) +([0-9a-f]+:[0-9a-f]+):(\d+) /gm)].flatMap(
    ([, pid, on, of]) => (BigInt(of ?? 0) === inode ? [{ pid: Number(pid), on }] : []),
  );
  const exact = holders.find(({ on }) => on === nameOf(device));
  if (exact !== undefined) return exact.pid;
  if (holders.length === 0) return "none";
  // On btrfs and overlayfs stat(2) shows another device than the list: then the pid in the file decides.
  if (writtenPid === undefined) return "unknown";
  return holders.some(({ pid }) => pid === writtenPid) ? writtenPid : "none";
}

// --- internal ---

/** The form of the list: `%02x:%02x`, fs/locks.c:lock_get_status. Split as glibc's gnu_dev_major does. */
function nameOf(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return [major, minor].map((part) => part.toString(16).padStart(2, "0")).join(":");
}

function pidIn(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch {
    // The caller may not read it: the list alone has to do.
    return undefined;
  }
}
