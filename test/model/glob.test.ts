import { describe, expect, test } from "bun:test";
import { globTest } from "../../src/model/glob.ts";
import { seeded } from "../helpers/random.ts";

describe("globTest", () => {
  test.each([
    ["//files/*", "//files/db", true],
    ["//files/*", "//files/", true],
    ["//files/*", "//other/db", false],
    ["post?res", "postgres", true],
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["*a*b*", "xxaxxbxx", true],
    ["a.c", "abc", false],
  ])("%p on %p: %p", (pattern, name, expected) => {
    expect(globTest(pattern)(name)).toBe(expected);
  });

  test("is what a regular expression would say", () => {
    const random = seeded();
    const text = (letters: readonly [string, ...string[]], most: number) =>
      Array.from({ length: random.int(0, most) }, () => random.pick(letters)).join("");
    for (let i = 0; i < 5000; i++) {
      const pattern = text(["a", "b", "*", "?", "."], 8);
      const name = text(["a", "b", ".", "c"], 10);
      const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
      const message = `${pattern} on ${name}, ${random.seedText}`;
      expect(globTest(pattern)(name), message).toBe(new RegExp(`^${source}$`).test(name));
    }
  });

  test("no name makes it slow", () => {
    const steps = globTest(`${"*a".repeat(50)}b`);
    expect(steps("a".repeat(10_000))).toBe(false);
  });
});
