// Sends the state of the service to systemd, sd_notify(3), as datagrams to $NOTIFY_SOCKET. It never blocks: a datagram
// that the socket does not take is sent again a moment later, in order. service-notices.ts decides what to send.
// Without $NOTIFY_SOCKET it does nothing.

import { type DatagramSocket, openDatagramSocket } from "../system/unix-datagram.ts";

/** `READY: 1`, `STATUS: "…"`: one line each, in one datagram. */
export type Assignments = Readonly<Record<string, string | number>>;

export interface ServiceManager {
  /** Time within which systemd expects the next WATCHDOG=1; undefined: it expects none. */
  readonly watchdogMs: number | undefined;
  send(assignments: Assignments): void;
  /** Drops datagrams that are not sent yet. Idempotent. */
  close(): void;
}

const AGAIN_AFTER_MS = 100;
/** More than are ever due at once: start, reload and end are a handful. The oldest are dropped first. */
const UNSENT_MAX = 16;

/** @param pid of the process that $WATCHDOG_PID must name. */
export function openServiceManager(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  pid = process.pid,
): ServiceManager {
  const socket = socketOf(environment.NOTIFY_SOCKET);
  const unsent: Uint8Array[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    while (unsent[0] !== undefined && socket?.send(unsent[0])) unsent.shift();
    if (unsent.length > 0) timer = setTimeout(flush, AGAIN_AFTER_MS);
  };
  return {
    watchdogMs: socket && watchdogMsOf(environment, pid),
    send(assignments) {
      if (socket === undefined) return;
      unsent.push(encodeAssignments(assignments));
      if (unsent.length > UNSENT_MAX) unsent.shift();
      if (timer === undefined) flush();
    },
    close() {
      clearTimeout(timer);
      socket?.close();
    },
  };
}

/** Control characters become blanks, so that a value can't forge a line. */
export function encodeAssignments(assignments: Assignments): Uint8Array {
  const lines = Object.entries(assignments).map(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    ([name, value]) => `${name}=${String(value).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ")}\n`,
  );
  return new TextEncoder().encode(lines.join(""));
}

// --- internal ---

/** Sockets of other machines (vsock:) are unknown to systemd 252, and to aod. */
function socketOf(path: string | undefined): DatagramSocket | undefined {
  return path !== undefined && /^[@/]./.test(path) ? openDatagramSocket(path) : undefined;
}

/** Like sd_watchdog_enabled(3): the watchdog of another process is ignored. */
function watchdogMsOf(environment: Readonly<Record<string, string | undefined>>, pid: number) {
  const { WATCHDOG_USEC, WATCHDOG_PID } = environment;
  if (WATCHDOG_USEC === undefined || !/^[1-9]\d{0,15}$/.test(WATCHDOG_USEC)) return undefined;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  return Number(WATCHDOG_USEC) / 1000;
}
