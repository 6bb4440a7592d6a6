// Cuts the output of dmesg to the lines since a given moment. Text in, text out.

/**
 * The kernel stamps its log by a clock of its own, local_clock(), which NTP does not correct: over an uptime it drifts
 * from CLOCK_MONOTONIC by as much as the machine's oscillator is wrong, commonly tens of parts per million.
 */
const DRIFT = 100e-6;
const MARGIN_SEC = 1;

/** The first stamp whose line is kept, s: early enough that drift loses no line. */
export function kernelLogStart(sinceNs: number): number {
  const sinceSec = sinceNs / 1e9;
  return Math.max(0, sinceSec - MARGIN_SEC - sinceSec * DRIFT);
}

/** The lines stamped `startSec` or later; a line without a stamp belongs to the line before it. */
export function kernelLogSince(text: string, startSec: number): string {
  let isKept = true;
  return text
    .split("\n")
    .filter((line) => {
      const stamp = /^\[ *(\d+\.\d+)\]/.exec(line)?.[1];
      if (stamp !== undefined) isKept = Number(stamp) >= startSec;
      return isKept;
    })
    .join("\n");
}
