// A socket for datagrams, as the journal has one: what was sent to it, one after the other.

import { dlopen } from "bun:ffi";

const { symbols: libc } = dlopen("libc.so.6", {
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
});

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;

export interface UnixReceiver {
  /** The next datagram as text; undefined where none has come. */
  take(): string | undefined;
  close(): void;
}

/** Makes the socket under this path; "@name" is one that is in no file system. */
export function makeUnixReceiver(path: string): UnixReceiver {
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM_NONBLOCK, 0);
  const name = path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`;
  const address = Buffer.from(`\u0001\0${name}`, "latin1");
  if (fd < 0 || libc.bind(fd, address, address.length) < 0) throw new Error(`no socket at ${path}`);
  const datagram = Buffer.alloc(1 << 20);
  return {
    take() {
      const bytes = Number(libc.recv(fd, datagram, datagram.length, 0));
      return bytes < 0 ? undefined : datagram.subarray(0, bytes).toString();
    },
    close: () => void libc.close(fd),
  };
}
