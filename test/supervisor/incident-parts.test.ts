import { describe, expect, test } from "bun:test";
import { SHARES_MAX } from "../../src/model/incident.ts";
import { IncidentParts } from "../../src/supervisor/incident-parts.ts";
import { seeded } from "../helpers/random.ts";

function aPart(rule: string, share: string, count: number, hanging = 0, oldestNs = 1) {
  const standing = hanging === 0 ? undefined : { count: hanging, oldestNs };
  return { rule, share, count, standing, detectedNs: 100 };
}

function aRecovery(rule: string, share: string, count: number, unreported = 0) {
  return { rule, share, count, abandoned: count, unreported, longestNs: count * 1e9, endedNs: 0 };
}

describe("IncidentParts", () => {
  test("the highest figure of a share's rules counts, and shares add up", () => {
    const parts = new IncidentParts(100);
    for (const part of [
      aPart("slow", "//f/a", 3, 3, 7),
      aPart("stuck", "//f/a", 2, 2, 9),
      aPart("stuck", "//f/b", 4, 1, 5),
    ])
      parts.observe(part);
    expect(parts.count).toBe(107);
    expect(parts.standing).toEqual({ count: 4, oldestStartNs: 91 });
    expect(parts.hungCount).toBe(4);
  });

  test("ignores a recovery of a rule without reports", () => {
    const parts = new IncidentParts();
    parts.observe(aPart("slow", "//f/a", 1, 1));
    expect(parts.recover(aRecovery("stuck", "//f/a", 1))).toBe(false);
    expect(parts.recover(aRecovery("slow", "//f/b", 1))).toBe(false);
    expect(parts.endHang()).toBeUndefined();
    expect(parts.recover(aRecovery("slow", "//f/a", 2, 5))).toBe(true);
    expect(parts.count).toBe(6);
    expect(parts.endHang()).toEqual({ count: 2, abandoned: 2, longestNs: 2e9 });
    expect(parts.endHang()).toBeUndefined();
  });

  test("an evicted share leaves its count, and a share that hangs is evicted last", () => {
    const parts = new IncidentParts();
    parts.observe(aPart("slow", "//f/hangs", 2, 2));
    for (let i = 0; i < 3 * SHARES_MAX; i++) parts.observe(aPart("slow", `//f/${i}`, 1));
    expect(parts.count).toBe(2 + 3 * SHARES_MAX);
    expect(parts.standing?.count).toBe(2);
  });

  test("the count never decreases and never exceeds the sum of all reports", () => {
    const { int, pick, seedText } = seeded();
    for (let run = 0; run < 50; run++) {
      const parts = new IncidentParts();
      let reported = 0;
      let before = 0;
      for (let step = 0; step < 300; step++) {
        const [rule, share] = [pick(["a", "b", "c"]), `//f/${int(0, 2 * SHARES_MAX)}`];
        const count = int(0, 5);
        if (int(0, 3) > 0) parts.observe(aPart(rule, share, count, int(0, 3)));
        else if (!parts.recover(aRecovery(rule, share, 1, count))) continue;
        reported += count;
        expect(parts.count, seedText).toBeGreaterThanOrEqual(before);
        expect(parts.count, seedText).toBeLessThanOrEqual(reported);
        before = parts.count;
      }
    }
  });
});
