// Mapped memory: addresses in, views out. Addresses are numbers, so that they cross threads; whoever mapped keeps the
// mapping alive for as long as any thread holds a view, because a view does not.

import { type Pointer, toArrayBuffer } from "bun:ffi";
import { errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import { checked, lastErrno, libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
const PROT_NONE = 0;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

export type Access = "read" | "write";

/** Bytes of a page. */
export const PAGE_BYTES = libc.getpagesize();

/** Maps `bytes` of a file from `offset` on, shared; at a place of the kernel's choice or exactly `at`. */
export function mapFile(fd: number, bytes: number, access: Access, offset = 0, at = 0): number {
  const protection = access === "write" ? PROT_READ | PROT_WRITE : PROT_READ;
  const flags = at === 0 ? MAP_SHARED : MAP_SHARED | MAP_FIXED;
  return mmap(at, bytes, protection, flags, fd, offset);
}

/** Address space without memory, for mappings with a fixed place in it. */
export function reserveAddresses(bytes: number): number {
  return mmap(0, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

export function unmap(address: number, bytes: number): void {
  checked(libc.munmap(address as Pointer, bytes), "munmap");
}

/** A view of mapped memory; writing through one that was mapped for reading ends the process. */
export function viewOf(address: number, bytes: number): ArrayBuffer {
  return toArrayBuffer(address, 0, bytes);
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
