// What wakes the detector beside the ring, opened by the main thread, whose they stay: they outlive a detector that is
// started again. Out: file descriptors as numbers; nothing is read here.

import { closeSync, openSync } from "node:fs";
import { log } from "../log.ts";
import { closeFd, makeEventFd } from "../system/eventfd.ts";
import { KERNEL_LOG, openAtEnd } from "../system/kernel-log-reader.ts";
import { openUeventSocket } from "../system/uevents.ts";

export interface WakeSources {
  readonly fds: {
    /** An eventfd that the main thread writes. */
    readonly wakeFd: number;
    /** The kernel's notices of modules, and the mounts; -1 for the demo, which attaches to nothing. */
    readonly ueventFd: number;
    readonly mountinfoFd: number;
    /** The kernel log from now on; -1 for the demo, and where it can't be opened. */
    readonly kernelLogFd: number;
  };
  close(): void;
}

/** @param watchesHost modules and mounts matter. */
export function openWakeSources(watchesHost: boolean, proc = "/proc"): WakeSources {
  const wakeFd = makeEventFd();
  const ueventFd = watchesHost ? openUeventSocket() : -1;
  const mountinfoFd = watchesHost ? openMountinfo(proc) : -1;
  const kernelLogFd = watchesHost ? openKernelLog() : -1;
  const close = () => {
    closeFd(wakeFd);
    if (ueventFd >= 0) closeFd(ueventFd);
    if (mountinfoFd >= 0) closeSync(mountinfoFd);
    if (kernelLogFd >= 0) closeSync(kernelLogFd);
  };
  return { fds: { wakeFd, ueventFd, mountinfoFd, kernelLogFd }, close };
}

/** The host's: a sandbox does not see what is mounted where it hides something. Its own where that may not be read. */
function openMountinfo(proc: string): number {
  try {
    return openSync(`${proc}/1/mountinfo`, "r");
  } catch (error) {
    // hidepid, or the first process is of another user's namespace.
    log.debug("the host's mounts can't be watched", { reason: (error as NodeJS.ErrnoException).code });
    return openSync(`${proc}/self/mountinfo`, "r");
  }
}

function openKernelLog(): number {
  const opened = openAtEnd(KERNEL_LOG);
  if (typeof opened === "number") return opened;
  log.info("the kernel log can't be read: its signals are missing", { path: KERNEL_LOG, reason: opened });
  return -1;
}
