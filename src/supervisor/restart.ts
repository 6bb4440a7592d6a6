// The consequence of each failure for the process or the thread: one table, and the back-off. Pure. The code that
// detects a failure names its FailureCode; the consequence is decided here only.

import type { FailureCode } from "../model/failure.ts";

/**
 * `restart`: the thread is started again. A number ends the process with that exit code (sysexits.h); systemd does not
 * start it again for 64, 69, 73, 77 and 78.
 */
export type Consequence = "restart" | number;

const CONSEQUENCES: Readonly<Record<FailureCode, Consequence>> = {
  USAGE: 64,
  CAPTURE_DAMAGED: 65,
  CONFIG_MISSING: 66,
  NOT_FOUND: 66,
  ALREADY_RUNNING: 69,
  NO_DAEMON: 69,
  LIBRARY_REFUSED: 69,
  BPF_UNSUPPORTED: 69,
  BPF_LOAD: 69,
  BPF_ATTACH: 69,
  THREAD_LOST: 70,
  OUTPUT_UNUSABLE: 73,
  NOT_PERMITTED: 77,
  CONFIG_INVALID: 78,
  BUG: "restart",
  SYSCALL: "restart",
  RING_POLL: "restart",
  RECORD_SIZE: "restart",
  DISK_FULL: "restart",
  CAPTURE_WRITE: "restart",
};

const EX_SOFTWARE = 70;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** A thread that ran this long has recovered: the next failure counts as the first. */
const RECOVERED_AFTER_MS = 60_000;

/** The consequence of a failure in a thread. */
export function consequenceOf(code: FailureCode): Consequence {
  return CONSEQUENCES[code];
}

/** The exit code of a failure in the main thread or in a command, neither of which can be restarted. */
export function exitCodeOf(code: FailureCode): number {
  const consequence = CONSEQUENCES[code];
  return consequence === "restart" ? EX_SOFTWARE : consequence;
}

/** Failures in a row; passed to `nextBackoff` at the next failure. */
export interface Backoff {
  readonly failures: number;
  /** Delay before the thread is restarted. */
  readonly delayMs: number;
}

/** Doubles from 100 ms to 30 s; starts at 100 ms again if the thread ran for a minute. */
export function nextBackoff(previous: Backoff | undefined, livedMs: number): Backoff {
  const failures = previous === undefined || livedMs >= RECOVERED_AFTER_MS ? 1 : previous.failures + 1;
  return { failures, delayMs: Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS) };
}
