// What becomes of the process, or of a thread, when something fails: one table, and the back-off. Pure.
// Whoever knows that something failed names its code; what follows from it is decided here and nowhere else.

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
/** A thread that lived this long has recovered: the next failure is a first one. */
const RECOVERED_AFTER_MS = 60_000;

/** What a failure in a thread leads to. */
export function consequenceOf(code: FailureCode): Consequence {
  return CONSEQUENCES[code];
}

/** The exit code of a failure that nobody can restart: one of the main thread, or of a command. */
export function exitCodeOf(code: FailureCode): number {
  const consequence = CONSEQUENCES[code];
  return consequence === "restart" ? EX_SOFTWARE : consequence;
}

/** Failures in a row, to be handed back with the next one. */
export interface Backoff {
  readonly failures: number;
  /** How long to wait before the thread is started again. */
  readonly delayMs: number;
}

/** Doubles from 100 ms to 30 s; starts anew when the thread had lived for a minute. */
export function nextBackoff(previous: Backoff | undefined, livedMs: number): Backoff {
  const failures = previous === undefined || livedMs >= RECOVERED_AFTER_MS ? 1 : previous.failures + 1;
  return { failures, delayMs: Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS) };
}
