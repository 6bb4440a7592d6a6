// Makes a process group yield to everything else: CPU, disk and, when memory runs out, its life. Processes that the
// group starts later inherit this.
//
// It is set from outside, right after the start: aod gets no control between fork and exec, and a wrapper (nice,
// ionice, a shell) would be one more program that may be missing, hang or be killed in place of the program.

import type { Pointer } from "bun:ffi";
import { writeFileSync } from "node:fs";
import { libc } from "./libc.ts";

const PRIO_PGRP = 1;
const NICE = 10;

const SYS_IOPRIO_SET = process.arch === "arm64" ? 30 : 251;
const IOPRIO_WHO_PGRP = 2;
/** The disk only when no other process wants it; schedulers without classes ignore this. */
const IOPRIO_IDLE = 3 << 13;

/** Half of the range: of two programs of equal size the kernel kills this one first. */
const OOM_SCORE_ADJ = "500";

/** False if the group has ended, or a sandbox forbids it: then it runs with normal priority. */
export function yieldToOthers(groupId: number): boolean {
  const cpu = libc.setpriority(PRIO_PGRP, groupId, NICE) === 0;
  // The third argument of the binding is a word, whatever its name is.
  const disk =
    libc.syscall(SYS_IOPRIO_SET, IOPRIO_WHO_PGRP, groupId as unknown as Pointer, IOPRIO_IDLE) === 0n;
  try {
    writeFileSync(`/proc/${groupId}/oom_score_adj`, OOM_SCORE_ADJ);
    return cpu && disk;
  } catch {
    // The third argument is a word here as well.
    return false;
  }
}
