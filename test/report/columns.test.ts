import { describe, expect, test } from "bun:test";
import {
  decodeDeltas,
  decodeFixed,
  decodeLatencies,
  encodeDeltas,
  encodeFixed,
  encodeLatencies,
  widthFor,
} from "../../src/report/columns.ts";
import { seeded } from "../helpers/random.ts";

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const random = seeded();
const many = (most: number, least = 0) => Array.from({ length: 5000 }, () => random.int(least, most));

describe("columns", () => {
  test.each([[1], [86], [87], [7000], [65_536], [1_000_000]])("keep figures below %d", (count) => {
    const values = [0, count - 1, ...many(count - 1)];
    const width = widthFor(count);
    expect(
      [...decodeFixed(textOf(encodeFixed(values, width)), width, values.length)],
      random.seedText,
    ).toEqual(values);
  });

  test("keep differences of any sign and size", () => {
    const values = [0, 5, 3, 2 ** 50, 1, -7, ...many(2 ** 31 - 1, -(2 ** 31))];
    expect([...decodeDeltas(textOf(encodeDeltas(values)), values.length)], random.seedText).toEqual(values);
  });

  test("keep latencies from 1 µs to 1 h to a third of a percent, and unknown ones", () => {
    const values = many(9500).map((level) => 1e3 * 10 ** (level / 1000));
    const decoded = decodeLatencies(
      textOf(encodeLatencies(Float64Array.of(Number.NaN, 1, 9e12, ...values))),
      values.length + 3,
    );
    expect(decoded[0]).toBeNaN();
    expect(decoded[1]).toBe(1e3);
    expect(decoded[2]).toBeCloseTo(3.6e12, -6);
    values.forEach((value, i) => {
      expect(Math.abs((decoded[i + 3] ?? 0) / value - 1), random.seedText).toBeLessThan(0.0033);
    });
  });

  test("hold nothing that HTML or JSON escapes", () => {
    const all = [
      encodeFixed(many(1e6), 4),
      encodeDeltas(many(1e9, -1e9)),
      encodeLatencies(Float64Array.from(many(1e9))),
    ]
      .map(textOf)
      .join("");
    expect(all).toMatch(/^[!-~]+$/);
    expect(all).not.toMatch(/["&'<>\\`]/);
    expect(JSON.stringify(all)).toBe(`"${all}"`);
  });

  test("of a cut page are decoded without an error", () => {
    expect(decodeDeltas("", 3)).toHaveLength(3);
    expect(decodeFixed("a", 2, 3)).toHaveLength(3);
  });
});
