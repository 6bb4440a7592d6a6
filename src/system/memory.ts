// Mapped memory as views. Addresses are numbers, so that they cross threads. The code that mapped the memory must keep
// it mapped for as long as any thread holds a view, because a view does not.

import { type Pointer, toArrayBuffer } from "bun:ffi";
import { errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import { addressOf, checked, lastErrno, libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
const PROT_NONE = 0;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;
const MADV_HUGEPAGE = 14;
// Linux 5.14.
const MADV_POPULATE_WRITE = 23;
const HUGE_PAGE_BYTES = 2 * 2 ** 20;

export type Access = "read" | "write";

/** Bytes of a page. */
export const PAGE_BYTES = libc.getpagesize();

/** Maps `bytes` of a file from `offset` on, shared; at an address of the kernel's choice or exactly `at`. */
export function mapFile(fd: number, bytes: number, access: Access, offset = 0, at = 0): number {
  const protection = access === "write" ? PROT_READ | PROT_WRITE : PROT_READ;
  const flags = at === 0 ? MAP_SHARED : MAP_SHARED | MAP_FIXED;
  return mmap(at, bytes, protection, flags, fd, offset);
}

/** Reserves address space without memory, for mappings with a fixed address in it. */
export function reserveAddresses(bytes: number): number {
  return mmap(0, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

export function unmap(address: number, bytes: number): void {
  checked(libc.munmap(address as Pointer, bytes), "munmap");
}

/** A view of mapped memory; writing to memory that was mapped read-only ends the process. */
export function viewOf(address: number, bytes: number): ArrayBuffer {
  return toArrayBuffer(address, 0, bytes);
}

/**
 * Zeroed memory whose pages exist already, so that writing to it does not wait for the kernel. It returns to the kernel
 * when it is collected, in whichever thread holds it by then; a transfer does not copy it.
 * With huge pages four megabytes are two pages instead of a thousand. Without them it still takes half the time to
 * request all pages at once instead of one by one.
 */
export function presentMemory(bytes: number): ArrayBuffer {
  const wholeBytes = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
  const address = mapAligned(wholeBytes);
  // Both calls are advice: a kernel without huge pages or before 5.14 refuses, and provides pages as they are written.
  libc.madvise(address as Pointer, wholeBytes, MADV_HUGEPAGE);
  libc.madvise(address as Pointer, wholeBytes, MADV_POPULATE_WRITE);
  return adopt(address, 0, bytes, wholeBytes, addressOf(libc.munmap));
}

// Bun documents this and bun-types lacks it: the last argument is a C function of an address and the number before it,
// which is the signature of munmap(2).
const adopt = toArrayBuffer as (
  address: number,
  offset: number,
  bytes: number,
  context: number,
  release: Pointer,
) => ArrayBuffer;

/** A huge page begins at a multiple of its size, a mapping anywhere: the excess at both ends is released. */
function mapAligned(bytes: number): number {
  const from = mmap(0, bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const address = Math.ceil(from / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
  const before = address - from;
  if (before > 0) unmap(from, before);
  unmap(address + bytes, HUGE_PAGE_BYTES - before);
  return address;
}

function mmap(
  at: number,
  bytes: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  const address = Number(libc.mmap(at as Pointer, bytes, protection, flags, fd, offset));
  if (address !== -1) return address;
  const errno = lastErrno();
  throw new AodError("SYSCALL", `mmap ${bytes} bytes: ${errnoName(errno)}`, { errno });
}
