import { describe, expect, test } from "bun:test";
import { firstThatWorks } from "../../src/system/fallback.ts";

const refused = () => {
  throw new Error("refused");
};

describe("the first that works", () => {
  test("is taken, and those behind it are not tried", () => {
    expect(firstThatWorks({ one: () => 1, two: refused })).toBe(1);
    expect(firstThatWorks({ one: refused, two: () => 2 })).toBe(2);
  });

  test("is none where all are refused, and each says why", () => {
    expect(() => firstThatWorks({ one: refused, two: refused })).toThrow("one: refused; two: refused");
  });
});
