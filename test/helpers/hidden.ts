// Tables of the scrubber's tests: what a text becomes, and that a second time changes nothing.

import { expect } from "bun:test";
import { BUILT_IN_RULES } from "./scrubber.ts";

export const SECRET = "hunter2";

/** The text loses every `hunter2`, and nothing is left to do a second time. */
export function expectHidden(text: string, seedText = ""): void {
  const { text: shown, count } = BUILT_IN_RULES.scrub(text);
  const message = `${seedText} ${JSON.stringify(text)}`;
  expect(shown, message).not.toContain(SECRET);
  expect(shown.toLowerCase(), message).not.toContain(Buffer.from(SECRET).toString("hex"));
  expect(count, message).toBeGreaterThan(0);
  expect(BUILT_IN_RULES.scrub(shown), message).toEqual({ text: shown, count: 0 });
}

/** The text becomes the other one. */
export function expectShown(text: string, expected: string): void {
  const shown = BUILT_IN_RULES.scrub(text);
  expect(shown.text).toBe(expected);
  expect(BUILT_IN_RULES.scrub(expected)).toEqual({ text: expected, count: 0 });
}

export function expectUntouched(text: string): void {
  expect(BUILT_IN_RULES.scrub(text)).toEqual({ text, count: 0 });
}
