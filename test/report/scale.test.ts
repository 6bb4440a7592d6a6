import { describe, expect, test } from "bun:test";
import { decadesOf, latencyTicks, offsetLabel, plotLevelsOf, timeTicks } from "../../src/report/scale.ts";
import { counted, duration, figureText } from "../../src/report/words.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("axes", () => {
  test.each([
    [-60e6, 10e6, "−60 s"],
    [-2.5e6, 0.5e6, "−2.5 s"],
    [40e3, 10e3, "+40 ms"],
    [120e6, 60e6, "+2 min"],
    [7200e6, 3600e6, "+2 h"],
    [-3, 1, "−3 µs"],
    [0, 1e6, "0"],
  ])("%d µs in steps of %d are %s", (us, step, label) => {
    expect(plain(offsetLabel(us, step))).toBe(label);
  });

  test("of time have round steps and no more ticks than asked for, for any span", () => {
    for (let span = 20; span < 1e12; span *= 3.7) {
      const ticks = timeTicks(-span * 0.8, span * 0.2, 6);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
    }
  });

  test("of latency are decades that include all latencies", () => {
    expect(decadesOf([2e5, 4e9, Number.NaN])).toEqual([5, 10]);
    expect(decadesOf([])).toEqual([5, 9]);
    expect(latencyTicks([5, 10]).map(({ label }) => plain(label))).toEqual([
      "100 µs",
      "1 ms",
      "10 ms",
      "100 ms",
      "1 s",
      "10 s",
    ]);
  });
});

describe("the bounds of the plot", () => {
  test.each([[[2e5, 11.8e9]], [[1e6, 9.99e9]], [[3e4, 3.1e4]], [[60e9]], [[]], [[Number.NaN, Infinity]]])(
    "leave room for the labels above the slowest request: %j",
    (latencies) => {
      const [low, high] = plotLevelsOf(Float64Array.from(latencies));
      const known = latencies.filter((ns) => ns > 0 && ns < Infinity);
      expect(high - low).toBeGreaterThanOrEqual(2);
      for (const ns of known) {
        expect(Math.log10(ns)).toBeGreaterThanOrEqual(low);
        expect((high - Math.log10(ns)) / (high - low)).toBeGreaterThan(0.13);
      }
    },
  );
});

describe("figures in words", () => {
  test.each([
    [310_000, "310 µs"],
    [1_240_000, "1.24 ms"],
    [999_600, "1 ms"],
    [12_391e6, "12.4 s"],
    [8 * 60e9, "8 min"],
    [Number.NaN, "not known"],
    [7.5e12, "2 h 5 min"],
  ])("%d ns are %s", (ns, words) => {
    expect(plain(duration(ns))).toBe(words);
  });

  test("a figure that is not known is named so", () => {
    expect(figureText(Number.NaN)).toBe("not known");
    expect(counted(Number.NaN, "request")).toBe("an unknown number of requests");
    expect([0, 1, 2000].map((count) => counted(count, "request"))).toEqual([
      "0 requests",
      "1 request",
      "2,000 requests",
    ]);
  });
});
