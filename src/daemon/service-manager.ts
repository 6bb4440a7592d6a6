// The way to systemd, sd_notify(3): what the service is at, as datagrams to $NOTIFY_SOCKET. In: assignments; out: nothing
// comes back. Waits for nobody: what the socket does not take is sent again a moment later, in its order. What is to be
// said is decided elsewhere. Where nothing was asked for ($NOTIFY_SOCKET is not set) it does nothing.

import { type DatagramSocket, openDatagramSocket } from "../system/unix-datagram.ts";

/** `READY: 1`, `STATUS: "…"`: one line each, in one datagram. */
export type Assignments = Readonly<Record<string, string | number>>;

export interface ServiceManager {
  /** Within which time it has to hear WATCHDOG=1 again; undefined: it does not wait for that. */
  readonly watchdogMs: number | undefined;
  send(assignments: Assignments): void;
  /** What was not taken by then never will be. Idempotent. */
  close(): void;
}

const AGAIN_AFTER_MS = 100;
/** More than are ever said at once: start, reload and end are a handful. The oldest go first. */
const UNSENT_MAX = 16;

/** @param pid whose watchdog it is, for $WATCHDOG_PID. */
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

/** A value can't forge a line: controls become blanks. */
export function encodeAssignments(assignments: Assignments): Uint8Array {
  const lines = Object.entries(assignments).map(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    ([name, value]) => `${name}=${String(value).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ")}\n`,
  );
  return new TextEncoder().encode(lines.join(""));
}

// --- internal ---

/** Of sockets in other machines (vsock:) systemd 252 knows nothing, and neither does aod. */
function socketOf(path: string | undefined): DatagramSocket | undefined {
  return path !== undefined && /^[@/]./.test(path) ? openDatagramSocket(path) : undefined;
}

/** As sd_watchdog_enabled(3) reads it: a watchdog of another process is none of ours. */
function watchdogMsOf(environment: Readonly<Record<string, string | undefined>>, pid: number) {
  const { WATCHDOG_USEC, WATCHDOG_PID } = environment;
  if (WATCHDOG_USEC === undefined || !/^[1-9]\d{0,15}$/.test(WATCHDOG_USEC)) return undefined;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  return Number(WATCHDOG_USEC) / 1000;
}
