// Who holds the lock of a file, as the kernel's own list has it: /proc/locks, proc_locks(5). In: the path of a lock file; out: a
// pid, or that nobody does, or that it can't be told. It takes no lock, not for a moment: whoever wants it would be refused.

import { lstatSync, readFileSync } from "node:fs";

/** `unknown`: the file, or the list, is not to be looked at. */
export type Holder = number | "none" | "unknown";

export interface LockedFile {
  /** As stat(2) gives them. */
  readonly device: bigint;
  readonly inode: bigint;
  /** The pid that stands in it; undefined where it can't be read. */
  readonly writtenPid: number | undefined;
}

/** Holders of another pid namespace are not in the list: to whoever is in one of his own, `none` says little. */
export function lockHolder(path: string): Holder {
  try {
    const { dev: device, ino: inode } = lstatSync(path, { bigint: true });
    return holderIn(readFileSync("/proc/locks", "utf8"), { device, inode, writtenPid: pidIn(path) });
  } catch (error) {
    // Without its file there is no lock. EACCES and whatever else: nothing can be told.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "none" : "unknown";
  }
}

/** @param locks the text of /proc/locks; `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`, and with `->` those who wait. */
export function holderIn(locks: string, { device, inode, writtenPid }: LockedFile): Holder {
  const holders = [...locks.matchAll(/^\d+: FLOCK +\w+ +\w+ +(\d+) +([0-9a-f]+:[0-9a-f]+):(\d+) /gm)].flatMap(
    ([, pid, on, of]) => (BigInt(of ?? 0) === inode ? [{ pid: Number(pid), on }] : []),
  );
  const exact = holders.find(({ on }) => on === nameOf(device));
  if (exact !== undefined) return exact.pid;
  if (holders.length === 0) return "none";
  // btrfs and overlayfs show stat(2) another device than the list has: the pid in the file is the other witness.
  if (writtenPid === undefined) return "unknown";
  return holders.some(({ pid }) => pid === writtenPid) ? writtenPid : "none";
}

// --- internal ---

/** As the list has it: `%02x:%02x`, fs/locks.c:lock_get_status. Split as glibc's gnu_dev_major does. */
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
    // Not for whoever asks: the list alone has to do.
    return undefined;
  }
}
