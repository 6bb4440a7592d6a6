import { describe, expect, test } from "bun:test";
import type { StoredCapture } from "../../src/model/capture.ts";
import { ALL_RULES, CaptureBudget } from "../../src/supervisor/budget.ts";
import { seeded } from "../helpers/random.ts";

const HOUR_NS = 3.6e12;
const MANY = 2 ** 40;

/** The number of captures that are made of `tries`. */
function taken(budget: CaptureBudget, tries: number, atNs = 0, isEscalation = false, rule = "slow"): number {
  return Array.from({ length: tries }, () => budget.take(rule, isEscalation, atNs)).filter(
    (cause) => cause === undefined,
  ).length;
}

describe("the budget of captures", () => {
  test("allows half of the hourly limit at once, and refills the other half evenly", () => {
    const budget = new CaptureBudget({ captures: 30, bytes: MANY });
    expect(taken(budget, 100)).toBe(15);
    expect(taken(budget, 100, HOUR_NS / 15 - 1)).toBe(0);
    expect(taken(budget, 100, HOUR_NS / 15)).toBe(1);
    expect(taken(budget, 100, HOUR_NS)).toBe(14);
    expect(taken(budget, 100, 10 * HOUR_NS)).toBe(15);
  });

  test("limits each rule, and all rules together", () => {
    const budget = new CaptureBudget({ captures: 30, bytes: MANY });
    const rules = ["a", "b", "c", "d"];
    expect(rules.map((rule) => taken(budget, 100, 0, false, rule))).toEqual([15, 15, 15, 0]);
    expect(budget.take("a", false, 0)).toBe("captures_of_rule");
    expect(budget.take("d", false, 0)).toBe("captures_of_all");
  });

  test("limits the sizes of written captures", () => {
    const budget = new CaptureBudget({ captures: 1000, bytes: 200 });
    expect(budget.take("slow", false, 0)).toBeUndefined();
    budget.spend(150, 0);
    expect(budget.take("slow", false, 0)).toBe("bytes");
    expect(budget.take("slow", false, HOUR_NS / 2)).toBe("bytes");
    expect(budget.take("slow", false, HOUR_NS / 2 + HOUR_NS / 50)).toBeUndefined();
  });

  test("lets an escalation overdraw it by a reserve only", () => {
    const budget = new CaptureBudget({ captures: 30, bytes: MANY });
    expect(taken(budget, 100)).toBe(15);
    expect(taken(budget, 100, 0, true)).toBe(3);
    const small = new CaptureBudget({ captures: 1, bytes: 8 });
    expect(taken(small, 100)).toBe(1);
    expect(taken(small, 100, 0, true)).toBe(1);
    const spent = new CaptureBudget({ captures: 30, bytes: 8 });
    spent.spend(4, 0);
    expect([spent.take("a", false, 0), spent.take("a", true, 0)]).toEqual(["bytes", undefined]);
    spent.spend(4, 0);
    expect(spent.take("a", true, 0)).toBe("bytes");
  });

  test("is not refilled by another configuration", () => {
    const budget = new CaptureBudget({ captures: 30, bytes: MANY });
    taken(budget, 100);
    budget.configure({ captures: 30, bytes: MANY }, 0);
    expect(taken(budget, 100)).toBe(0);
    budget.configure({ captures: 40, bytes: MANY }, 0);
    expect(taken(budget, 100)).toBe(5);
    budget.configure({ captures: 4, bytes: MANY }, 0);
    expect(taken(budget, 100)).toBe(0);
  });

  test("refills nothing for a clock that goes back", () => {
    const budget = new CaptureBudget({ captures: 2, bytes: MANY });
    expect(taken(budget, 9, HOUR_NS)).toBe(1);
    expect(taken(budget, 9, 0)).toBe(0);
    expect(taken(budget, 9, HOUR_NS)).toBe(0);
  });

  describe("after a restart", () => {
    const NOW = { epochMs: Date.parse("2026-11-23T12:00:00Z"), monotonicNs: 5e9 };
    const written = (rule: string, agoMs: number, bytes = 1): StoredCapture => {
      return { fileName: "", epochMs: NOW.epochMs - agoMs, ordinal: 1, rule, bytes, isPinned: false };
    };
    const restored = (captures: readonly StoredCapture[], limits = { captures: 30, bytes: MANY }) => {
      const budget = new CaptureBudget(limits);
      budget.restore(captures, NOW);
      return budget;
    };

    test("has spent the captures on the disk", () => {
      const burst = Array.from({ length: 15 }, () => written("slow", 1_000));
      expect(taken(restored(burst), 100, NOW.monotonicNs)).toBe(0);
      expect(taken(restored(burst), 100, NOW.monotonicNs, false, "other")).toBe(15);
      expect(taken(restored(burst.slice(3)), 100, NOW.monotonicNs)).toBe(3);
      const bytes = { captures: 30, bytes: 200 };
      expect(restored([written("slow", 1_000, 150)], bytes).take("slow", false, NOW.monotonicNs)).toBe(
        "bytes",
      );
    });

    test("is refilled for the time since, also from before the last boot", () => {
      const burst = Array.from({ length: 15 }, () => written("slow", 1_800_000));
      expect(taken(restored(burst), 100, NOW.monotonicNs)).toBe(7);
      const old = Array.from({ length: 500 }, () => written("slow", 7_200_001));
      expect(taken(restored(old), 100, NOW.monotonicNs)).toBe(15);
    });

    test("counts captures on demand by their size only", () => {
      const manual = Array.from({ length: 50 }, () => written("manual", 1_000, 3));
      expect(taken(restored(manual), 100, NOW.monotonicNs)).toBe(15);
      const bytes = { captures: 30, bytes: 200 };
      expect(restored(manual, bytes).take("slow", false, NOW.monotonicNs)).toBe("bytes");
    });

    test("counts captures of a clock that was set back as new, and ignores those of another year", () => {
      const ahead = Array.from({ length: 15 }, () => written("slow", -60_000));
      expect(taken(restored(ahead), 100, NOW.monotonicNs)).toBe(0);
      const far = Array.from({ length: 15 }, () => written("slow", -7_200_001));
      expect(taken(restored(far), 100, NOW.monotonicNs)).toBe(15);
    });
  });

  test.each([
    ["", 0],
    [", also for a daemon that restarts again and again", 0.1],
  ])("no hour exceeds its limit, whatever the anomalies%s", (_, restarts) => {
    const random = seeded();
    for (let round = 0; round < 50; round++) {
      const captures = random.int(1, 12);
      const bytes = random.int(10, 1000);
      const sizeMax = random.int(1, 20);
      let budget = new CaptureBudget({ captures, bytes });
      const made: { readonly atNs: number; readonly rule: string; readonly bytes: number }[] = [];
      const restart = (atNs: number) => {
        budget = new CaptureBudget({ captures, bytes });
        const stored = made.map((one) => ({
          ...one,
          fileName: "",
          epochMs: one.atNs / 1e6,
          ordinal: 1,
          isPinned: false,
        }));
        budget.restore(stored, { epochMs: atNs / 1e6, monotonicNs: atNs });
      };
      for (let atNs = 0, i = 0; i < 600; i++) {
        atNs += random.chance(0.8) ? random.int(0, 1e10) : random.int(0, HOUR_NS);
        if (random.chance(restarts)) restart(atNs);
        const rule = random.pick(["a", "b", "c", "d", "e"]);
        if (budget.take(rule, false, atNs) !== undefined) continue;
        const size = random.int(0, sizeMax);
        budget.spend(size, atNs);
        made.push({ atNs, rule, bytes: size });
      }
      expect(made.length, random.seedText).toBeGreaterThan(0);
      for (const { atNs, rule } of made) {
        const hour = made.filter((one) => one.atNs >= atNs && one.atNs < atNs + HOUR_NS);
        const sum = hour.reduce((total, one) => total + one.bytes, 0);
        expect(hour.filter((one) => one.rule === rule).length, random.seedText).toBeLessThanOrEqual(captures);
        expect(hour.length, random.seedText).toBeLessThanOrEqual(ALL_RULES * captures);
        // The size of the last capture was not known when it was started.
        expect(sum, random.seedText).toBeLessThanOrEqual(bytes + sizeMax + 1);
      }
    }
  });
});
