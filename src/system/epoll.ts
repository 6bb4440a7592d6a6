// An epoll set: sleeps until a file descriptor is ready or the timeout is over. Level-triggered, no polling.

import { ptr } from "bun:ffi";
import { checked, lastErrno, libc } from "./libc.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 0x1;
// The events by which /proc/self/mountinfo reports that a mount came or went: proc(5).
const EPOLLPRI = 0x2;
const EINTR = 4;
const EVENTS_MAX = 8;

// struct epoll_event is packed on x86-64 only: include/uapi/linux/eventpoll.h, EPOLL_PACKED.
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = process.arch === "x64" ? 4 : 8;

export class Epoll {
  readonly #fd: number;
  readonly #events = new DataView(new ArrayBuffer(EVENT_BYTES * EVENTS_MAX));
  readonly #eventsPointer = ptr(this.#events);
  #closed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** An empty set; `close` releases it. */
  static create(): Epoll {
    return new Epoll(checked(libc.epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
  }

  /**
   * Adds a file descriptor, which its owner keeps.
   * @param readyWhen "exceptional" for /proc/self/mountinfo, which is always readable (fs/namespace.c:mounts_poll).
   */
  add(fd: number, readyWhen: "readable" | "exceptional" = "readable"): void {
    this.#events.setUint32(0, readyWhen === "readable" ? EPOLLIN : EPOLLPRI, true);
    this.#events.setInt32(DATA_OFFSET, fd, true);
    checked(libc.epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, this.#eventsPointer), `epoll_ctl add ${fd}`);
  }

  /** Removes a file descriptor. To be called before it is closed, because a child may still share the open file. */
  remove(fd: number): void {
    checked(libc.epoll_ctl(this.#fd, EPOLL_CTL_DEL, fd, this.#eventsPointer), `epoll_ctl remove ${fd}`);
  }

  /**
   * Sleeps until a file descriptor is ready, and returns all that are.
   * @param timeoutMs 0 returns at once, negative or infinite sleeps without end; fractions are rounded up.
   */
  wait(timeoutMs: number): readonly number[] {
    const timeout =
      timeoutMs < 0 || timeoutMs === Infinity ? -1 : Math.min(Math.ceil(timeoutMs), 0x7fff_ffff);
    const count = libc.epoll_wait(this.#fd, this.#eventsPointer, EVENTS_MAX, timeout);
    if (count < 0 && lastErrno() === EINTR) return [];
    checked(count, "epoll_wait");
    return Array.from({ length: count }, (_, i) =>
      this.#events.getInt32(i * EVENT_BYTES + DATA_OFFSET, true),
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    checked(libc.close(this.#fd), "close epoll");
  }
}
