import { describe, expect, test } from "bun:test";
import { formatLine } from "../src/log.ts";

describe("a line of the log", () => {
  test("has its values behind it, and nothing of those that are unknown", () => {
    expect(formatLine("seen", { share: "//a/b", count: 3, pid: undefined })).toBe("seen share=//a/b count=3");
  });

  test.each([
    ["a blank", "a b", '"a b"'],
    ["an equals sign", "a=b", '"a=b"'],
    ["nothing", "", '""'],
    ["a line's end", "a\nb", '"a\\nb"'],
    ["what a terminal obeys", "\u001b[2J\u009b2J", '"\\u001b[2J\\u009b2J"'],
    ["what turns the direction of text", "a\u202eb", '"a\\u202eb"'],
  ])("a value with %s is quoted, and forges nothing", (_, value, shown) => {
    expect(formatLine("seen", { value })).toBe(`seen value=${shown}`);
  });
});
