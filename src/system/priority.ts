// Makes a program yield to everything else: CPU, disk and, where memory runs out, its life. In: the leader of a process
// group; out: whether all of it was possible. Inherited by what the group starts from then on.
//
// Set from outside, right after the start: there is no moment between fork and exec that is ours, and a wrapper (nice,
// ionice, a shell) would be one more program that may be missing, hang or be the one that is killed.

import type { Pointer } from "bun:ffi";
import { writeFileSync } from "node:fs";
import { libc } from "./libc.ts";

const PRIO_PGRP = 1;
const NICE = 10;

const SYS_IOPRIO_SET = process.arch === "arm64" ? 30 : 251;
const IOPRIO_WHO_PGRP = 2;
/** The disk only when nobody else wants it; schedulers without classes pass it over. */
const IOPRIO_IDLE = 3 << 13;

/** Half of what there is: of two programs of a size this one goes first. */
const OOM_SCORE_ADJ = "500";

/** False where the group is gone already, or a sandbox forbids it: then it runs as it is. */
export function yieldToOthers(groupId: number): boolean {
  const cpu = libc.setpriority(PRIO_PGRP, groupId, NICE) === 0;
  // The binding's third argument is a word, whatever it is called.
  const disk =
    libc.syscall(SYS_IOPRIO_SET, IOPRIO_WHO_PGRP, groupId as unknown as Pointer, IOPRIO_IDLE) === 0n;
  try {
    writeFileSync(`/proc/${groupId}/oom_score_adj`, OOM_SCORE_ADJ);
    return cpu && disk;
  } catch {
    // As above.
    return false;
  }
}
