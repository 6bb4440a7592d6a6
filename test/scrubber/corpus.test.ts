// Searches the texts that the hostile tests send through whole captures, one by one and all together.

import { describe, expect, test } from "bun:test";
import { seeded } from "../helpers/random.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";
import { KERNEL_TEXT, plantSecrets } from "../hostile/secret-corpus.ts";

const random = seeded();
const planted = plantSecrets(random, 2);

describe("the corpus of secrets", () => {
  test("leaves no secret, whatever stands beside it, and is found clean a second time", () => {
    const one = planted.map(({ form, text, traces }) => {
      const { text: clean } = BUILT_IN_RULES.scrub(`${text}\n`);
      expect({ form, again: BUILT_IN_RULES.scrub(clean) }, random.seedText).toEqual({
        form,
        again: { text: clean, count: 0 },
      });
      return { form, clean, traces };
    });
    expect(
      one.filter(({ clean, traces }) => traces.some((trace) => clean.includes(trace))),
      random.seedText,
    ).toEqual([]);
    const all = BUILT_IN_RULES.scrub(planted.map(({ text }) => text).join("\n")).text;
    const left = planted.filter(({ traces }) => traces.some((trace) => all.includes(trace)));
    expect(
      left.map(({ form }) => form),
      random.seedText,
    ).toEqual([]);
  });

  test("has texts of the kernel that do not change", () => {
    expect(BUILT_IN_RULES.scrub(KERNEL_TEXT)).toEqual({ text: KERNEL_TEXT, count: 0 });
  });
});
