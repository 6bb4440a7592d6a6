import { describe, expect, test } from "bun:test";
import { describeBaseline, signed, splitFiles } from "../../src/runner/comparison.ts";
import { FROZEN_AT } from "../helpers/order.ts";

describe("a comparison", () => {
  test("names its baseline, how old that is, and why it was taken", () => {
    const baseline = { text: "", takenNs: FROZEN_AT.monotonicNs - 2.25e9, reason: "attached" } as const;
    expect(describeBaseline(baseline, FROZEN_AT)).toBe(
      "compared with a sample 2.3 s older than the capture, of 2026-11-23T01:23:43.428000Z, when aod attached to the client",
    );
  });

  test("splits one output into its files", () => {
    const files = splitFiles("==> /proc/a <==\n1\n2\n\n==> /proc/b <==\n==> no head\n");
    expect([...files]).toEqual([
      ["/proc/a", "1\n2\n\n"],
      ["/proc/b", "==> no head\n"],
    ]);
    expect(splitFiles("").size).toBe(0);
    expect(splitFiles("no head\n").size).toBe(0);
  });

  test("shows differences with their sign", () => {
    expect([3n, 0n, -3n].map(signed)).toEqual(["+3", "0", "-3"]);
  });
});
