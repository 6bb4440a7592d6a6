// How old captures are, and in which order they came, whatever the clock has done since. Pure: names and both clocks in, ages
// out. Since a capture was first seen its age is counted by CLOCK_BOOTTIME; the time in its name only gives its age at
// that moment, and only while the clock is believed.

import type { StoredCapture } from "../model/capture.ts";
import { compareCaptureNames } from "../model/capture-name.ts";
import { type ClockReading, OLDEST_PLAUSIBLE_MS } from "./clock-trust.ts";

export interface AgedCapture extends StoredCapture {
  /** Undefined while the clock is doubted: then none is too old. */
  readonly ageMs: number | undefined;
}

type Now = Pick<ClockReading, "epochMs" | "boottimeNs">;

interface Sight {
  /** ns of CLOCK_BOOTTIME. */
  readonly seenNs: number;
  /** At first sight; undefined until the clock is believed. Falls where a clock that is set back shows that it was less. */
  ageMs: number | undefined;
}

export class Ages {
  readonly #sights = new Map<string, Sight>();

  /**
   * All that are there, oldest first: those that this run has seen come follow those that it has found. Their names may say otherwise
   * where the clock was set meanwhile.
   */
  look(captures: readonly StoredCapture[], now: Now, isBelieved: boolean): readonly AgedCapture[] {
    const names = new Set(captures.map(({ fileName }) => fileName));
    for (const name of this.#sights.keys()) if (!names.has(name)) this.#sights.delete(name);
    const seen = captures.map((capture) => {
      const ageMs = this.ageOf(capture.fileName, capture.epochMs, now, isBelieved);
      return { capture: { ...capture, ageMs }, seenNs: this.#sights.get(capture.fileName)?.seenNs ?? 0 };
    });
    return seen
      .toSorted((a, b) => a.seenNs - b.seenNs || compareCaptureNames(a.capture, b.capture))
      .map(({ capture }) => capture);
  }

  /** The same of one file. @param shownMs the time that it shows, ms since 1970 UTC. */
  ageOf(
    name: string,
    shownMs: number,
    { epochMs, boottimeNs }: Now,
    isBelieved: boolean,
  ): number | undefined {
    const sight = this.#sights.get(name) ?? { seenNs: boottimeNs, ageMs: undefined };
    this.#sights.set(name, sight);
    if (!isBelieved) return undefined;
    const sinceMs = (boottimeNs - sight.seenNs) / 1e6;
    const shownAgeMs = epochMs - shownMs;
    // Made by a clock that was never set, or was ahead: what it shows says nothing, and its age begins at first sight.
    const isShownWrong = shownMs < OLDEST_PLAUSIBLE_MS || shownAgeMs < 0;
    const ageThenMs = isShownWrong ? 0 : Math.max(0, shownAgeMs - sinceMs);
    sight.ageMs = Math.min(sight.ageMs ?? Infinity, ageThenMs);
    return sight.ageMs + sinceMs;
  }
}
