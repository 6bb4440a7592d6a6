// Formats times of CLOCK_MONOTONIC as UTC, to the microsecond, from two clock readings of one moment. Reads no clock.
// Times before a suspend or a step of the clock are wrong by that much, because the pair is of one moment only.

import type { ClockPair } from "../model/capture.ts";

/** Turns ns of CLOCK_MONOTONIC into `2026-11-23T01:23:45.678901Z`. Fast where neighbours share a second. */
export function makeUtcFormat({ epochMs, monotonicNs }: ClockPair): (ns: number) => string {
  let lastSecond = Number.NaN;
  let prefix = "";
  return (ns) => {
    const epochUs = Math.floor(epochMs * 1000 + (ns - monotonicNs) / 1000);
    const second = Math.floor(epochUs / 1e6);
    if (second !== lastSecond) {
      lastSecond = second;
      prefix = new Date(second * 1000).toISOString().slice(0, -"000Z".length);
    }
    return `${prefix}${String(epochUs - second * 1e6).padStart(6, "0")}Z`;
  };
}
