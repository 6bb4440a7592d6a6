import { describe, expect, test } from "bun:test";
import { bytesText, countText, durationText, durationTextOfNs, rateText } from "../../src/model/figure.ts";
import { seeded } from "../helpers/random.ts";

describe("a duration", () => {
  test.each([
    [0, "0 ms"],
    [0.0449, "0.04 ms"],
    [0.24, "0.24 ms"],
    [0.996, "1 ms"],
    [1.25, "1.3 ms"],
    [51.25, "51 ms"],
    [999.7, "1 s"],
    [12_400, "12 s"],
    [95_000, "1.6 min"],
    [7_200_000, "2 h"],
    [86_400_000 * 400, "400 d"],
  ])("of %d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
    expect(durationTextOfNs(ms * 1e6)).toBe(text);
  });

  test("below a thousand days takes seven columns at most, and says no more than rounding allows", () => {
    const random = seeded();
    for (let i = 0; i < 10_000; i++) {
      const ms = 10 ** (random.int(-3000, 10_800) / 1000);
      const text = durationText(ms);
      expect(text.length, `${random.seedText}: ${ms}`).toBeLessThanOrEqual(7);
      expect(text, random.seedText).not.toMatch(/^1000 m?s|^60 (s|min)/);
    }
  });
});

describe("a count", () => {
  test.each([
    [0, "0"],
    [1234, "1,234"],
    [999_999, "999,999"],
    [12_345_678, "12.3M"],
    [123_456_789, "123M"],
    [4.2e9, "4.2G"],
  ])("of %d is %s", (count, text) => expect(countText(count)).toBe(text));
});

describe("a rate", () => {
  test.each([
    [0, "0"],
    [0.04, "0"],
    [0.44, "0.4"],
    [9.96, "10"],
    [1234.4, "1,234"],
  ])("of %d in a second is %s", (rate, text) => expect(rateText(rate)).toBe(text));
});

describe("a size", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [35_651_584, "34 MiB"],
    [3 * 2 ** 40, "3072 GiB"],
  ])("of %d is %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));
});
