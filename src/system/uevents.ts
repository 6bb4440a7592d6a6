// The kernel's events of modules and devices (netlink, NETLINK_KOBJECT_UEVENT), so that aod need not poll whether cifs
// is loaded. It gives action and path of each event. Root is not needed.

import { checked, libc } from "./libc.ts";

const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const NETLINK_KOBJECT_UEVENT = 15;
// Group 1 is the kernel's, group 2 is what udev forwards: lib/kobject_uevent.c, uevent_net_broadcast.
const KERNEL_GROUP = 1;
const SOCKADDR_NL_BYTES = 12;

export interface Uevent {
  /** add, remove, change, … */
  readonly action: string;
  /** Path below /sys, as /module/cifs. */
  readonly devpath: string;
}

/** A non-blocking socket that is readable when there are events. The caller closes it. */
export function openUeventSocket(): number {
  const type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const fd = checked(libc.socket(AF_NETLINK, type, NETLINK_KOBJECT_UEVENT), "socket for uevents");
  const address = new DataView(new ArrayBuffer(SOCKADDR_NL_BYTES));
  address.setUint16(0, AF_NETLINK, true);
  address.setUint32(8, KERNEL_GROUP, true);
  checked(libc.bind(fd, new Uint8Array(address.buffer), SOCKADDR_NL_BYTES), "bind uevents");
  return fd;
}

const datagram = new Uint8Array(8192);

/** The events since the last call. */
export function readUevents(fd: number): readonly Uevent[] {
  const events: Uevent[] = [];
  for (;;) {
    // Negative: no event is left, or some were lost (ENOBUFS); the reader checks the state itself in any case.
    const bytes = Number(libc.recv(fd, datagram, datagram.length, 0));
    if (bytes <= 0) return events;
    const event = parseUevent(new TextDecoder().decode(datagram.subarray(0, bytes)));
    if (event !== undefined) events.push(event);
  }
}

/** The first line of a kernel event is `action@devpath`; the rest repeats it as variables. */
export function parseUevent(text: string): Uevent | undefined {
  const head = text.slice(0, text.indexOf("\0"));
  const at = head.indexOf("@");
  return at > 0 ? { action: head.slice(0, at), devpath: head.slice(at + 1) } : undefined;
}
