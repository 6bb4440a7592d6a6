// Decides whether the clock is trusted: an age from a wrong clock would remove evidence for good. Pure. A doubt
// suspends only removal by age; limits of size need no clock.
//
//   start, step            steady: realtime and boottime go at the same pace
//   |-- doubted -----------------|-- trusted -----------------| step -- doubted -- ...
//            10 min if ntpd, chrony or timesyncd vouches for it; else 60 min, or 24 h if it is behind a capture
//
// Many hosts never report that they are synchronised (a container, a sandbox with ProtectClock=, no NTP at all). A
// steady pace is the only evidence there, and removal by age goes on after an hour.

import { durationText } from "../model/figure.ts";
import type { ClockDoubt } from "../model/trouble.ts";

export interface ClockReading {
  /** The time of day, ms since 1970 UTC. */
  readonly epochMs: number;
  /** CLOCK_BOOTTIME, ns: a clock that can't be set. */
  readonly boottimeNs: number;
  /** The kernel's NTP state; undefined if it can't be read. */
  readonly synchronised: boolean | undefined;
  /** The latest time in a capture's name; undefined without captures. */
  readonly newestNameMs: number | undefined;
}

export interface ClockSteadiness {
  readonly reading: ClockReading;
  /** Since when the clock has been steady, ns of CLOCK_BOOTTIME. */
  readonly steadySinceNs: number;
  /** The event that ended the previous steady time; undefined at the start. */
  readonly disturbance: string | undefined;
}

/** No aod is older than this. A clock that shows an earlier time was never set, or lost its battery. */
export const OLDEST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1);

/** A smaller step does not matter to ages of days. NTP slews by at most 500 ppm, 43 s a day. */
const STEP_MS = 60_000;
const MINUTE_NS = 60e9;
const SETTLE_NS = {
  synchronised: 10 * MINUTE_NS,
  steady: 60 * MINUTE_NS,
  behind: 24 * 60 * MINUTE_NS,
} as const;

/** @param before the state that the last call returned; undefined for the first call. */
export function judgeClock(
  before: ClockSteadiness | undefined,
  reading: ClockReading,
): { readonly state: ClockSteadiness; readonly doubt: ClockDoubt | undefined } {
  const state = nextState(before, reading);
  const isBehind = reading.newestNameMs !== undefined && reading.newestNameMs - reading.epochMs > STEP_MS;
  const settleNs = reading.synchronised
    ? SETTLE_NS.synchronised
    : isBehind
      ? SETTLE_NS.behind
      : SETTLE_NS.steady;
  if (reading.boottimeNs - state.steadySinceNs >= settleNs) return { state, doubt: undefined };
  const what =
    state.disturbance ?? (isBehind ? "a capture was made at a later time than it shows" : undefined);
  const until = `no capture is removed for its age before the clock has been steady for ${durationText(settleNs / 1e6)}`;
  return {
    state,
    doubt: { text: `${what ?? "aod has just been started"}: ${until}`, isEvidence: what !== undefined },
  };
}

// --- internal ---

function nextState(before: ClockSteadiness | undefined, reading: ClockReading): ClockSteadiness {
  const disturbance = disturbanceOf(before, reading);
  if (before !== undefined && disturbance === undefined) return { ...before, reading };
  return { reading, steadySinceNs: reading.boottimeNs, disturbance };
}

function disturbanceOf(
  before: ClockSteadiness | undefined,
  { epochMs, boottimeNs }: ClockReading,
): string | undefined {
  if (epochMs < OLDEST_PLAUSIBLE_MS)
    return `it shows ${new Date(epochMs).toISOString()}, before aod was written`;
  if (before === undefined) return undefined;
  const passedMs = (boottimeNs - before.reading.boottimeNs) / 1e6;
  const stepMs = epochMs - before.reading.epochMs - passedMs;
  if (Math.abs(stepMs) <= STEP_MS) return undefined;
  return `it was set ${stepMs > 0 ? "ahead" : "back"} by ${durationText(Math.abs(stepMs))}`;
}
