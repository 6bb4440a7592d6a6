// Captures as the janitor sees them by a clock that it believes: oldest first, with the age that their names say.

import type { AgedCapture } from "../../src/janitor/ages.ts";
import type { StoredCapture } from "../../src/model/capture.ts";
import { compareCaptureNames } from "../../src/model/capture-name.ts";

const NOW_MS = Date.parse("2026-11-23T12:00:00Z");

export function aged(captures: readonly StoredCapture[], nowMs = NOW_MS): readonly AgedCapture[] {
  return captures
    .toSorted(compareCaptureNames)
    .map((capture) => ({ ...capture, ageMs: nowMs - capture.epochMs }));
}
