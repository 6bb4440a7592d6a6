import { describe, expect, test } from "bun:test";
import { makeUtcFormat } from "../../src/runner/utc.ts";
import { seeded } from "../helpers/random.ts";

const PAIR = { epochMs: Date.parse("2026-11-23T01:23:45.678Z"), monotonicNs: 100e9 };

describe("makeUtcFormat", () => {
  test.each([
    [100e9, "2026-11-23T01:23:45.678000Z"],
    [100e9 - 1000, "2026-11-23T01:23:45.677999Z"],
    [100e9 + 322e6, "2026-11-23T01:23:46.000000Z"],
    [0, "2026-11-23T01:22:05.678000Z"],
  ])("%d ns is %s", (ns, expected) => {
    expect(makeUtcFormat(PAIR)(ns)).toBe(expected);
  });

  test("agrees with Date to the millisecond, in any order of times", () => {
    const random = seeded();
    const utc = makeUtcFormat(PAIR);
    for (let round = 0; round < 2000; round++) {
      const ms = random.int(-86_400_000, 100_000);
      const expected = new Date(PAIR.epochMs + ms).toISOString();
      expect(utc(PAIR.monotonicNs + ms * 1e6), random.seedText).toBe(expected.replace("Z", "000Z"));
    }
  });
});
