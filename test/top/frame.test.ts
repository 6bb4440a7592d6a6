import { describe, expect, test } from "bun:test";
import { COLOURS, frameText, NO_COLOURS, styledText } from "../../src/top/frame.ts";
import { span } from "../../src/top/line.ts";

const ESC = "\u001b";

describe("a frame", () => {
  test("is the whole screen at first, in one write", () => {
    expect(frameText(undefined, ["a", "b"])).toBe(
      `${ESC}[?2026h${ESC}[2J${ESC}[1;1H${ESC}[Ka${ESC}[2;1H${ESC}[Kb${ESC}[?2026l`,
    );
  });

  test("is only the changed lines later", () => {
    const frame = frameText(["a", "b", "c"], ["a", "x", "c"]);
    expect(frame).toContain(`${ESC}[2;1H${ESC}[Kx`);
    expect(frame).not.toMatch(/\[1;1H|\[3;1H|\[2J/);
  });

  test("is empty if nothing has changed", () => {
    expect(frameText(["a", "b"], ["a", "b"])).toBe("");
  });
});

describe("styles", () => {
  test("are red only for trouble", () => {
    const red = Object.entries(COLOURS).filter(([, sgr]) => /\b[34]1\b/.test(sgr));
    expect(red.map(([style]) => style).sort()).toEqual(["alarm", "trouble"]);
  });

  test("without colours contain none, and trouble still stands out", () => {
    expect(Object.values(NO_COLOURS).join(";")).not.toMatch(/\b[34]\d\b/);
    expect(styledText([span("ok "), span("LOST", "trouble")], NO_COLOURS)).toBe(`ok ${ESC}[1mLOST${ESC}[0m`);
  });
});
