import { describe, expect, test } from "bun:test";
import { didYouMean, editDistance, suggest } from "../../src/config/suggest.ts";
import { COMMANDS } from "../../src/model/command.ts";
import { seeded } from "../helpers/random.ts";

describe("suggest", () => {
  test.each([
    ["SMB2_WRTIE", "SMB2_WRITE"],
    ["smb2_write", "SMB2_WRITE"],
    ["WRITE", "SMB2_WRITE"],
    ["read", "SMB2_READ"],
    ["SMB2_QUERYDIR", "SMB2_QUERY_INFO"],
    ["SMB2_CHANGENOTIFY", "SMB2_CHANGE_NOTIFY"],
    ["", undefined],
    ["tcpdump", undefined],
    ["x".repeat(1000), undefined],
  ])("for %p is %p", (typed, expected) => {
    expect(suggest(typed, COMMANDS)).toBe(expected);
  });

  test("finds every name with one letter changed", () => {
    for (const name of COMMANDS) {
      for (let i = 0; i < name.length; i++) {
        const typed = `${name.slice(0, i)}#${name.slice(i + 1)}`;
        expect(editDistance(typed, suggest(typed, COMMANDS) ?? ""), typed).toBe(1);
      }
    }
  });

  test("suggests nothing for a value that is not text", () => {
    expect(didYouMean(5, COMMANDS)).toBe("");
    expect(didYouMean("SMB2_REED", COMMANDS)).toBe(" (did you mean SMB2_READ?)");
  });
});

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "", 3],
    ["ab", "ba", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ])("%p to %p is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test("is symmetrical, and at most the length of the longer word", () => {
    const random = seeded();
    const word = () => Array.from({ length: random.int(0, 8) }, () => random.pick(["a", "b", "c"])).join("");
    for (let i = 0; i < 500; i++) {
      const [a, b] = [word(), word()];
      const message = `${random.seedText} ${a} ${b}`;
      expect(editDistance(a, b), message).toBe(editDistance(b, a));
      expect(editDistance(a, b), message).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b) === 0, message).toBe(a === b);
    }
  });
});
