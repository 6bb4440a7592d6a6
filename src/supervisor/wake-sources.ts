// File descriptors that wake the detector beside the ring. The main thread opens and owns them, so that they outlive a
// restart of the detector. Nothing is read here.

import { closeSync, openSync } from "node:fs";
import { log } from "../log.ts";
import { closeFd, makeEventFd } from "../system/eventfd.ts";
import { KERNEL_LOG, openAtEnd } from "../system/kernel-log-reader.ts";
import { openUeventSocket } from "../system/uevents.ts";

export interface WakeSources {
  readonly fds: {
    /** An eventfd that the main thread writes. */
    readonly wakeFd: number;
    /** The kernel's notices of modules, and the mounts; -1 for synthetic traffic, for which nothing is attached. */
    readonly ueventFd: number;
    readonly mountinfoFd: number;
    /** The kernel log from now on; -1 for synthetic traffic, or if it can't be opened. */
    readonly kernelLogFd: number;
  };
  close(): void;
}

/** @param watchesHost whether modules and mounts matter. */
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

/**
 * The mounts of the host: a sandbox does not see mounts below the paths that it hides. aod's own mounts if those may
 * not be read.
 */
function openMountinfo(proc: string): number {
  try {
    return openSync(`${proc}/1/mountinfo`, "r");
  } catch (error) {
    // The file system is mounted with hidepid, or the first process belongs to the namespace of another user.
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
