// Whether the kernel's clock is synchronised, as ntpd, chrony and timesyncd report it to the kernel: read by
// adjtimex(2), never adjusted.

import { libc } from "./libc.ts";

export interface ClockState {
  readonly synchronised: boolean;
  /** The largest possible error of the clock, ms. */
  readonly maxErrorMs: number;
}

/** struct timex, include/uapi/linux/timex.h, of 64-bit kernels: 208 bytes. */
const TIMEX = { bytes: 256, maxError: 24, status: 40 } as const;
const STA_UNSYNC = 0x40;

/** Undefined if the kernel, or a filter in a container, does not answer. */
export function readClockState(): ClockState | undefined {
  // modes is 0: nothing is adjusted.
  const timex = new Uint8Array(TIMEX.bytes);
  if (libc.adjtimex(timex) < 0) return undefined;
  const view = new DataView(timex.buffer);
  return {
    synchronised: (view.getInt32(TIMEX.status, true) & STA_UNSYNC) === 0,
    maxErrorMs: Number(view.getBigInt64(TIMEX.maxError, true)) / 1000,
  };
}
