// The age of captures, and the order in which they came, independent of steps of the clock. Pure. From its first
// sighting on a capture ages by CLOCK_BOOTTIME. The time in its name only gives its age at that moment, and only while
// the clock is trusted.

import type { StoredCapture } from "../model/capture.ts";
import { compareCaptureNames } from "../model/capture-name.ts";
import { type ClockReading, OLDEST_PLAUSIBLE_MS } from "./clock-trust.ts";

export interface AgedCapture extends StoredCapture {
  /** Undefined while the clock is not trusted: no capture is too old then. */
  readonly ageMs: number | undefined;
}

type Now = Pick<ClockReading, "epochMs" | "boottimeNs">;

interface Sighting {
  /** ns of CLOCK_BOOTTIME. */
  readonly seenNs: number;
  /**
   * The age at the sighting; undefined until the clock is trusted. Falls if a clock that is set back shows a lower age.
   */
  ageMs: number | undefined;
}

export class Ages {
  readonly #sightings = new Map<string, Sighting>();

  /**
   * Adds the ages, and sorts by arrival, oldest first: captures that arrived during this run come after those that were
   * found at its start. Their names may suggest another order if the clock was set meanwhile.
   * @param captures all captures that are stored now.
   */
  update(captures: readonly StoredCapture[], now: Now, isClockTrusted: boolean): readonly AgedCapture[] {
    const names = new Set(captures.map(({ fileName }) => fileName));
    for (const name of this.#sightings.keys()) if (!names.has(name)) this.#sightings.delete(name);
    const seen = captures.map((capture) => {
      const ageMs = this.ageOf(capture.fileName, capture.epochMs, now, isClockTrusted);
      return { capture: { ...capture, ageMs }, seenNs: this.#sightings.get(capture.fileName)?.seenNs ?? 0 };
    });
    return seen
      .toSorted((a, b) => a.seenNs - b.seenNs || compareCaptureNames(a.capture, b.capture))
      .map(({ capture }) => capture);
  }

  /** The age of one file, ms. @param shownMs the time in its name, ms since 1970 UTC. */
  ageOf(
    name: string,
    shownMs: number,
    { epochMs, boottimeNs }: Now,
    isClockTrusted: boolean,
  ): number | undefined {
    const sighting = this.#sightings.get(name) ?? { seenNs: boottimeNs, ageMs: undefined };
    this.#sightings.set(name, sighting);
    if (!isClockTrusted) return undefined;
    const sinceMs = (boottimeNs - sighting.seenNs) / 1e6;
    const shownAgeMs = epochMs - shownMs;
    // The name is from a clock that was never set or was ahead. It proves nothing, so the age begins at the sighting.
    const isShownWrong = shownMs < OLDEST_PLAUSIBLE_MS || shownAgeMs < 0;
    const ageThenMs = isShownWrong ? 0 : Math.max(0, shownAgeMs - sinceMs);
    sighting.ageMs = Math.min(sighting.ageMs ?? Infinity, ageThenMs);
    return sighting.ageMs + sinceMs;
  }
}
