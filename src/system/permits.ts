// The permissions of this process, by asking the kernel: its capabilities, and whether a system call filter is active.
// Nothing is changed: sockets are closed at once, and no namespace is entered.

import { readFileSync } from "node:fs";
import { ERRNO } from "../model/errno.ts";
import type { Permits } from "../model/sandbox.ts";
import { closeFd } from "./eventfd.ts";
import { lastErrno, libc } from "./libc.ts";

const CAP_NET_RAW = 13n;
const CAP_SYS_ADMIN = 21n;
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const CLONE_NEWNET = 0x40000000;

/** Threads and children have the same permissions. */
export function readPermits(status = readFileSync("/proc/self/status", "utf8")): Permits {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const has = (bit: bigint) => ((effective >> bit) & 1n) === 1n;
  return {
    stacks: has(CAP_SYS_ADMIN),
    namespaces: has(CAP_SYS_ADMIN) && canAskForNamespaces(),
    packets: has(CAP_NET_RAW) && hasSockets(AF_PACKET),
    internet: hasSockets(AF_INET),
  };
}

/**
 * With RestrictAddressFamilies the filter answers EAFNOSUPPORT in the kernel's place. Protocol 0: a packet socket that
 * receives nothing.
 */
function hasSockets(family: number): boolean {
  const fd = libc.socket(family, SOCK_DGRAM_CLOEXEC, 0);
  if (fd >= 0) closeFd(fd);
  return fd >= 0;
}

/** A filter refuses before the kernel notices that the file descriptor is invalid. */
function canAskForNamespaces(): boolean {
  return libc.setns(-1, CLONE_NEWNET) < 0 && lastErrno() === ERRNO.EBADF;
}
