import { describe, expect, test } from "bun:test";
import type { FailureCode } from "../../src/model/failure.ts";
import { type Backoff, consequenceOf, exitCodeOf, nextBackoff } from "../../src/supervisor/restart.ts";

describe("restart", () => {
  const codes: readonly (readonly [FailureCode, number])[] = [
    ["USAGE", 64],
    ["CAPTURE_DAMAGED", 65],
    ["CONFIG_MISSING", 66],
    ["NOT_FOUND", 66],
    ["BPF_LOAD", 69],
    ["ALREADY_RUNNING", 69],
    ["BUG", 70],
    ["OUTPUT_UNUSABLE", 73],
    ["NOT_PERMITTED", 77],
    ["CONFIG_INVALID", 78],
  ];
  test.each(codes)("%s ends a command with exit code %d", (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });

  test("a failure that a restart could heal restarts the thread", () => {
    expect(consequenceOf("BUG")).toBe("restart");
    expect(consequenceOf("RING_POLL")).toBe("restart");
    expect(consequenceOf("NOT_PERMITTED")).toBe(77);
  });

  test("delays double for failures in a row, up to half a minute", () => {
    const delays: number[] = [];
    let backoff: Backoff | undefined;
    for (let i = 0; i < 12; i++) {
      backoff = nextBackoff(backoff, 10);
      delays.push(backoff.delayMs);
    }
    expect(delays.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(delays.at(-1)).toBe(30_000);
  });

  test("a thread that ran for a minute restarts after the shortest delay", () => {
    expect(nextBackoff({ failures: 9, delayMs: 25_600 }, 60_000)).toEqual({ failures: 1, delayMs: 100 });
  });
});
