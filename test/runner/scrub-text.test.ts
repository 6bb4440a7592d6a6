import { describe, expect, test } from "bun:test";
import { scrubText } from "../../src/runner/scrub-text.ts";
import type { Scrubber } from "../../src/scrubber/scrubber.ts";
import type { Scrubbed } from "../../src/scrubber/span.ts";

/** A scrubber that needs a number of slices, each of so many milliseconds. */
function slow(slices: number, sliceMs: number) {
  const seen = { slices: 0, isReturned: false };
  function* inSlices(text: string): Generator<undefined, Scrubbed, void> {
    try {
      for (; seen.slices < slices; seen.slices++) {
        Bun.sleepSync(sliceMs);
        yield;
      }
      return { text: `clean ${text}`, count: 1 };
    } finally {
      seen.isReturned = true;
    }
  }
  return { seen, scrubber: { inSlices, scrub: () => expect.unreachable() } satisfies Scrubber };
}

const { signal: never } = new AbortController();

describe("a long text", () => {
  test("is searched in slices, and the thread does other work in between", async () => {
    const { scrubber } = slow(20, 0);
    let events = 0;
    const count = () => {
      events++;
      if (events < 1000) setImmediate(count);
    };
    setImmediate(count);
    expect(await scrubText("text", scrubber, never)).toEqual({ text: "clean text", count: 1 });
    expect(events).toBeGreaterThanOrEqual(20);
    events = 1000;
  });

  test("is given up at the next slice when aod stops", async () => {
    const { scrubber, seen } = slow(1000, 5);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const text = "text ".repeat(64 << 10);
    expect(await scrubText(text, scrubber, stop.signal)).toBeUndefined();
    expect(seen.slices).toBeLessThan(1000);
    expect(seen.isReturned).toBe(true);
  });
});

test("a short text is searched to its end even if aod stops, however busy the machine is", async () => {
  const { scrubber } = slow(20, 10);
  const clean = await scrubText("password=hunter2\n", scrubber, AbortSignal.abort());
  expect(clean).toEqual({ text: "clean password=hunter2\n", count: 1 });
});
