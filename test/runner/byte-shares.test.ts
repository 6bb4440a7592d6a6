import { describe, expect, test } from "bun:test";
import { cutText, divideBytes } from "../../src/runner/byte-shares.ts";
import { seeded } from "../helpers/random.ts";

describe("bytes of a stage", () => {
  test.each([
    ["all if there is enough", [1, 2, 3], 6, [1, 2, 3]],
    ["all of the small ones, and equal parts to the big ones", [1, 100, 100], 21, [1, 10, 10]],
    ["what a small one leaves to the others", [100, 4, 8], 21, [9, 4, 8]],
    ["nothing if nothing is left", [1, 2], 0, [0, 0]],
    ["nothing if less than nothing is left", [1, 2], -5, [0, 0]],
    ["an empty list to an empty list", [], 10, []],
  ] as const)("give %s", (_, wanted, left, given) => {
    expect(divideBytes(wanted, left)).toEqual([...given]);
  });

  test("never exceed the remaining bytes, and no output is cut while another one has more", () => {
    const seed = Date.now();
    const random = seeded(seed);
    for (let round = 0; round < 2_000; round++) {
      const wanted = Array.from({ length: random.int(1, 12) }, () => random.int(0, 10 ** random.int(0, 6)));
      const left = random.int(0, 10 ** random.int(0, 6));
      const given = divideBytes(wanted, left);
      const sum = given.reduce((a, b) => a + b, 0);
      const cut = given.filter((bytes, i) => bytes < (wanted[i] ?? 0));
      const context = JSON.stringify({ seed, wanted, left, given });
      if (sum > left) throw new Error(`more than is left: ${context}`);
      if (given.some((bytes, i) => bytes > (wanted[i] ?? 0))) throw new Error(`more than wanted: ${context}`);
      // One byte can't be divided.
      if (cut.some((bytes) => bytes + 1 < Math.max(...given))) throw new Error(`unfair: ${context}`);
      if (cut.length > 0 && left - sum >= cut.length) throw new Error(`wasted: ${context}`);
    }
  });
});

describe("a text that is cut", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const cut = (text: string, maxBytes: number, keep: "head" | "tail") =>
    new TextDecoder().decode(cutText(bytes(text), maxBytes, keep));

  test("has whole lines of the head or the tail", () => {
    expect(cut("one\ntwo\nthree\n", 9, "head")).toBe("one\ntwo\n");
    expect(cut("one\ntwo\nthree\n", 9, "tail")).toBe("three\n");
    expect(cut("one\n", 4, "head")).toBe("one\n");
  });

  test("that is a single line has its first whole words", () => {
    expect(cut("a é é", 5, "head")).toBe("a é ");
    expect(cut("a é é", 5, "tail")).toBe("");
  });

  test("is never longer than its limit", () => {
    const text = "äöü€\n𝄞𝄞\nabc\n€€€€€€";
    const all = bytes(text).length;
    for (let maxBytes = 0; maxBytes <= all; maxBytes++)
      for (const keep of ["head", "tail"] as const) {
        const kept = cutText(bytes(text), maxBytes, keep);
        expect(kept.length).toBeLessThanOrEqual(maxBytes);
        expect(new TextDecoder().decode(kept)).not.toContain("\ufffd");
      }
  });
});
