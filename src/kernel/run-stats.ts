// The kernel's own statistics of programs and maps since they were loaded: runs, time, skipped runs, memory. Time is
// counted only while countRunTime has switched it on.

import { ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { ERRNO } from "../model/errno.ts";
import { isExhausted, unlessExhausted } from "../model/exhaustion.ts";
import { closeFd } from "../system/eventfd.ts";
import { BPF_COMMAND, bpfCall, checkedCall } from "./bpf-call.ts";

export interface RunStats {
  /** Zero unless time is being counted. */
  readonly runs: number;
  readonly timeNs: number;
  /**
   * Runs that were skipped because the program was already running on that CPU; kernels before 5.12 do not report them.
   */
  readonly missed: number;
}

// enum bpf_stats_type, include/uapi/linux/bpf.h; Linux 5.8.
const BPF_STATS_RUN_TIME = 0;

/** The last totals by file descriptor, for the time when this process may open no more files. */
const lastInfos = new Map<number, string>();

/** Totals from /proc/self/fdinfo: kernel/bpf/syscall.c, bpf_prog_show_fdinfo. */
export function readRunStats(programFd: number): RunStats {
  const info = readInfo(programFd);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(info)?.[1] ?? 0);
  return { runs: field("run_cnt"), timeNs: field("run_time_ns"), missed: field("recursion_misses") };
}

/** The kernel memory that a map takes: bpf_map_show_fdinfo. */
export function readMapBytes(mapFd: number): number {
  const info = readInfo(mapFd);
  return Number(/^memlock:\s*(\d+)/m.exec(info)?.[1] ?? 0);
}

function readInfo(fd: number): string {
  const info = unlessExhausted(() => readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
  if (isExhausted(info)) return lastInfos.get(fd) ?? "";
  lastInfos.set(fd, info);
  return info;
}

/**
 * Makes the kernel count the time of all BPF programs of the host, which costs each run two more clock reads.
 * @returns switches it off again; undefined if this process lacks CAP_SYS_ADMIN or a file descriptor.
 */
export function countRunTime(): (() => void) | undefined {
  const type = new Uint32Array([BPF_STATS_RUN_TIME]);
  const fd = bpfCall(BPF_COMMAND.ENABLE_STATS, ptr(type), type.byteLength);
  if (fd === -ERRNO.EPERM) return undefined;
  const switchFd = unlessExhausted(() => checkedCall(fd, "BPF_ENABLE_STATS"));
  return isExhausted(switchFd) ? undefined : () => closeFd(switchFd);
}
