// A long text is freed of secrets without holding up the thread. In: a text, the scrubber of its capture, the wish to stop; out:
// the clean text, or none where aod stops first. What is a secret is src/scrubber's.

import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Scrubbed } from "../scrubber/span.ts";

/** Characters of a text that is searched to its end although aod stops: 80 ms of work at most. */
const SHORT_LENGTH = 256 << 10;

/**
 * Searches one slice at a time; between two slices the thread answers pings and reads the output of programs.
 * @returns undefined for a long text where `stop` was given before its last slice: it may still hold secrets.
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
