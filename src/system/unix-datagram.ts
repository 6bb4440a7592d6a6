// Sends datagrams to local sockets: the journal's, the service manager's. It never waits: if the queue is full, the
// caller has to retry or to report in another way.

import { checked, libc } from "./libc.ts";

export interface DatagramSocket {
  /** False if no process reads the socket, or its queue is full. */
  send(datagram: Uint8Array): boolean;
  /** Idempotent. */
  close(): void;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const MSG_NOSIGNAL = 0x4000;
const SUN_PATH_BYTES = 108;

/** @param path of a socket file; a path that begins with "@" is a name outside the file system: unix(7), abstract. */
export function openDatagramSocket(path: string): DatagramSocket {
  const address = unixAddress(path);
  // -1 if a sandbox allows no such socket: then no receiver can be reached.
  let fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return {
    // It is not connected: a receiver that is restarted has another socket of the same name.
    send: (datagram) =>
      fd >= 0 && libc.sendto(fd, datagram, datagram.length, MSG_NOSIGNAL, address, address.length) >= 0,
    close() {
      if (fd >= 0) checked(libc.close(fd), `close the socket to ${path}`);
      fd = -1;
    },
  };
}

/** struct sockaddr_un: family, then the path and its NUL, or a NUL and the name. */
function unixAddress(path: string): Uint8Array {
  const isAbstract = path.startsWith("@");
  const bytes = new TextEncoder().encode(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (bytes.length > SUN_PATH_BYTES) throw new RangeError(`${path} is too long for a socket`);
  const address = new Uint8Array(2 + bytes.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, 2);
  return address;
}
