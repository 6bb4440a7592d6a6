// What the kernel itself counts of each program: runs, time spent, runs left out. In: a program's file descriptor;
// out: totals since it was loaded. Time is counted only while somebody holds the switch on.

import { readFileSync } from "node:fs";
import { closeFd } from "../system/eventfd.ts";
import { check, libbpf } from "./libbpf.ts";

export interface RunStats {
  /** Zero unless time was being counted. */
  readonly runs: number;
  readonly timeNs: number;
  /** Runs left out because the program was already running on that CPU; kernels before 5.12 don't say. */
  readonly missed: number;
}

// enum bpf_stats_type, include/uapi/linux/bpf.h; Linux 5.8.
const BPF_STATS_RUN_TIME = 0;

/** Totals from /proc/self/fdinfo: kernel/bpf/syscall.c, bpf_prog_show_fdinfo. */
export function readRunStats(programFd: number): RunStats {
  const info = readFileSync(`/proc/self/fdinfo/${programFd}`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(info)?.[1] ?? 0);
  return { runs: field("run_cnt"), timeNs: field("run_time_ns"), missed: field("recursion_misses") };
}

/**
 * Has the kernel count the time of all BPF programs of the host, which costs each run two clock reads more.
 * @returns switches it off again.
 */
export function countRunTime(): () => void {
  const fd = check(libbpf().bpf_enable_stats(BPF_STATS_RUN_TIME), "BPF_ENABLE_STATS", "SYSCALL");
  return () => closeFd(fd);
}
