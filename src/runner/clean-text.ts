// A long text is freed of secrets without holding up the thread. In: a text, the scrubber of its capture, the wish to stop; out:
// the clean text, or none where aod stops first. What is a secret is src/scrubber's.

import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Scrubbed } from "../scrubber/span.ts";

/** Time for a text once aod stops: a short text is worth the wait. */
const STOPPING_MS = 100;

/**
 * Searches one slice at a time; between two slices the thread answers pings and reads the output of programs.
 * @returns undefined for a long text where `stop` was given before its last slice: it may still hold secrets.
 */
export async function cleanText(
  text: string,
  scrubber: Scrubber,
  stop: AbortSignal,
): Promise<Scrubbed | undefined> {
  const slices = scrubber.inSlices(text);
  const begunMs = performance.now();
  try {
    for (let slice = slices.next(); ; slice = slices.next()) {
      if (slice.done === true) return slice.value;
      await new Promise(setImmediate);
      if (stop.aborted && performance.now() - begunMs > STOPPING_MS) return undefined;
    }
  } finally {
    slices.return({ text: "", count: 0 });
  }
}
