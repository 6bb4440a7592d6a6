// The clocks, for wiring code only: pure code takes the time as an argument.
// CLOCK_MONOTONIC is the clock of the BPF programs (bpf_ktime_get_ns); process.hrtime has an origin of its own.

import type { ClockPair } from "../model/capture.ts";
import { checked, libc } from "./libc.ts";

const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;

const timespec = new BigInt64Array(2);

/** ns of CLOCK_MONOTONIC as a double: exact for 104 days of uptime, within 2 ns for 208. */
export function monotonicNs(): number {
  return readClock(CLOCK_MONOTONIC);
}

/** ns of CLOCK_BOOTTIME: CLOCK_MONOTONIC plus the time that the host was suspended. */
export function boottimeNs(): number {
  return readClock(CLOCK_BOOTTIME);
}

/** Both clocks at one moment, within a few microseconds of each other. */
export function clockPair(): ClockPair {
  return { epochMs: Date.now(), monotonicNs: monotonicNs() };
}

function readClock(clock: number): number {
  checked(libc.clock_gettime(clock, timespec), `clock_gettime ${clock}`);
  return Number(timespec[0]) * 1e9 + Number(timespec[1]);
}
