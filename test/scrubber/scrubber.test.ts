import { describe, expect, test } from "bun:test";
import { checkPattern } from "../../src/scrubber/own-patterns.ts";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";

describe("a scrubber with the operator's own words and patterns", () => {
  const scrubber = makeScrubber({ words: ["Bluebird", "hun,ter2"], patterns: ["(?i)corp-[0-9]{6}"] });

  test.each([
    ["the project Bluebird is late", "the project [scrubbed] is late"],
    ["bluebird", "bluebird"],
    ["ticket Corp-123456, CORP-654321", "ticket [scrubbed], [scrubbed]"],
    ["password=hun,ter2,rw", "password=[scrubbed],rw"],
    ["password=abc,rw", "password=[scrubbed],rw"],
  ])("%j", (text, expected) => {
    const { text: shown, count } = scrubber.scrub(text);
    expect(shown).toBe(expected);
    expect(count).toBe(expected.split("[scrubbed]").length - 1);
    expect(scrubber.scrub(shown)).toEqual({ text: shown, count: 0 });
  });

  test("ends for a pattern that backtracks in other engines, and for one whose search reads to the end of the line", () => {
    const hostile = makeScrubber({ words: [], patterns: ["(x+x+)+y", "a(?:.*b)?"] });
    expect(hostile.scrub("x".repeat(1 << 20)).count).toBe(0);
    expect(hostile.scrub("a".repeat(1 << 17)).text).not.toContain("aa");
  });
});

describe("a pattern is refused with the reason", () => {
  test.each([
    ["corp-[0-9]{6}", undefined],
    ["(?=a)b", "invalid or unsupported Perl syntax: `(?=`"],
    ["(a", "missing closing ): `(a`"],
    ["a*", "matches the empty text"],
    ["", "matches the empty text"],
  ])("%j", (pattern, reason) => {
    expect(checkPattern(pattern)).toBe(reason);
  });
});
