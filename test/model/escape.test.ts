// Text of another party on its way to a terminal.

import { describe, expect, test } from "bun:test";
import { escapeControls } from "../../src/model/escape.ts";

describe("text of another party", () => {
  test.each([
    ["an escape sequence", "\u001b[2J", "\\u001b[2J"],
    ["a control that stands for one", "\u009b2J", "\\u009b2J"],
    ["a line of its own", "a\nb", "a\\u000ab"],
    ["DEL", "a\u007f", "a\\u007f"],
    ["a separator of lines that JSON lets pass", "a\u2028b", "a\\u2028b"],
    ["a mark that turns the direction", "\u202etxt.exe", "\\u202etxt.exe"],
    ["a mark of Arabic", "\u061ca", "\\u061ca"],
  ])("can't be %s", (_, text, shown) => {
    expect(escapeControls(text)).toBe(shown);
  });

  test("may be in any script", () => {
    const text = "//dateien/Büro 東京 ملفات";
    expect(escapeControls(text)).toBe(text);
  });

  test("means the same in JSON", () => {
    const text = "a\u009b\u2028\u202eb";
    expect(JSON.parse(escapeControls(JSON.stringify(text)))).toBe(text);
  });
});
