// The process and the user at the other end of a local socket when it connected, as the kernel reports them: a peer
// can't forge them.

import { ptr } from "bun:ffi";
import { checked, libc } from "./libc.ts";

export interface Peer {
  readonly pid: number;
  readonly uid: number;
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** struct ucred: pid, uid, gid; socket(7). */
export function readPeer(fd: number): Peer {
  const credentials = new Uint32Array(3);
  const length = new Uint32Array([credentials.byteLength]);
  const returned = libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ptr(credentials), ptr(length));
  checked(returned, "ask who is at the other end of a socket");
  return { pid: credentials[0] ?? 0, uid: credentials[1] ?? 0 };
}
