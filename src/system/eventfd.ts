// eventfds: how a thread wakes another one that sleeps in epoll_wait. Counting is not used, only readiness.

import { checked, libc } from "./libc.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

// Passed as they are, not as pointers taken once: a variable that no function names is collected, and its memory is
// then reused.
const one = new BigUint64Array([1n]);
const count = new BigUint64Array(1);

/** A new eventfd, not ready. The caller closes it. */
export function makeEventFd(): number {
  return checked(libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

/** Makes it ready, which wakes the thread that sleeps on it. */
export function signalEventFd(fd: number): void {
  checked(libc.write(fd, one, 8), `write eventfd ${fd}`);
}

/** Makes it not ready; does nothing if it was not ready. */
export function drainEventFd(fd: number): void {
  libc.read(fd, count, 8);
}

/** Closes any file descriptor that this room made. */
export function closeFd(fd: number): void {
  checked(libc.close(fd), `close ${fd}`);
}
