// bpf(2) itself, for code without libbpf: threads that hold file descriptors as numbers, and commands that load
// nothing.

import type { Pointer } from "bun:ffi";
import { errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import { lastErrno, libc } from "../system/libc.ts";

// bpf(2) has no function of its own in libc: include/uapi/asm/unistd_64.h, asm-generic/unistd.h.
const SYS_BPF = process.arch === "arm64" ? 280 : 321;

/** enum bpf_cmd, include/uapi/linux/bpf.h. */
export const BPF_COMMAND = { MAP_LOOKUP_ELEM: 1, ENABLE_STATS: 32 } as const;

/** @param attributes part of union bpf_attr; stays referenced by the caller. */
export function bpfCall(command: number, attributes: Pointer, bytes: number): number {
  const returned = Number(libc.syscall(SYS_BPF, command, attributes, bytes));
  return returned < 0 ? -lastErrno() : returned;
}

/** Returns a non-negative value as it is; throws a negative one, which is -errno. */
export function checkedCall(returned: number, doing: string): number {
  if (returned >= 0) return returned;
  throw new AodError("SYSCALL", `${doing}: ${errnoName(-returned)}`, { errno: -returned });
}
