// Removes the secrets from a long text without blocking the thread. src/scrubber decides what a secret is.

import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Scrubbed } from "../scrubber/span.ts";

/** A text of at most this many characters is searched to its end even if aod stops: 80 ms of work at most. */
const SHORT_LENGTH = 256 << 10;

/**
 * Searches one slice at a time; between two slices the thread answers pings and reads the output of programs.
 * @returns undefined for a long text if `stop` was aborted before its last slice: it may still contain secrets.
 */
export async function scrubText(
  text: string,
  scrubber: Scrubber,
  stop: AbortSignal,
): Promise<Scrubbed | undefined> {
  const slices = scrubber.inSlices(text);
  try {
    for (let slice = slices.next(); ; slice = slices.next()) {
      if (slice.done === true) return slice.value;
      await new Promise(setImmediate);
      if (stop.aborted && text.length > SHORT_LENGTH) return undefined;
    }
  } finally {
    slices.return({ text: "", count: 0 });
  }
}
