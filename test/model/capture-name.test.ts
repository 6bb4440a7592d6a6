import { describe, expect, test } from "bun:test";
import {
  CAPTURE_SUFFIX,
  captureStem,
  compareCaptureNames,
  isPartialName,
  parseCaptureName,
  partialName,
} from "../../src/model/capture-name.ts";
import { seeded } from "../helpers/random.ts";

const EPOCH_MS = Date.parse("2026-11-23T01:23:45.678Z");

describe("capture names", () => {
  test("are made of time and rule", () => {
    expect(captureStem({ epochMs: EPOCH_MS, ordinal: 1, rule: "slow" })).toBe(
      "aod_20261123T012345.678Z_slow",
    );
    expect(captureStem({ epochMs: EPOCH_MS, ordinal: 2, rule: "slow" })).toBe(
      "aod_20261123T012345.678Z-2_slow",
    );
  });

  test("say which rule it was, also where the rule's name looks like a collision", () => {
    expect(parseCaptureName("aod_20261123T012345.678Z-12_a_b-2.tar.zst")).toEqual({
      epochMs: EPOCH_MS,
      ordinal: 12,
      rule: "a_b-2",
    });
  });

  test.each([
    ["AODv2's", "aod_quick_20261123T012345.678Z.tar.zst"],
    ["AODv2's", "aod_capture_2026-11-23_01-23-45.tar.zst"],
    ["unfinished", ".aod_20261123T012345.678Z_slow.partial"],
    ["of a 13th month", "aod_20261323T012345.678Z_slow.tar.zst"],
    ["of a 30th of February", "aod_20260230T012345.678Z_slow.tar.zst"],
    ["of a 25th hour", "aod_20261123T252345.678Z_slow.tar.zst"],
    ["with ordinal 1", "aod_20261123T012345.678Z-1_slow.tar.zst"],
    ["with ordinal 0", "aod_20261123T012345.678Z-0_slow.tar.zst"],
    ["without a rule", "aod_20261123T012345.678Z_.tar.zst"],
    ["with a rule of 65 letters", `aod_20261123T012345.678Z_${"r".repeat(65)}.tar.zst`],
    ["with a path in it", "aod_20261123T012345.678Z_../../etc.tar.zst"],
    ["with a line break", "aod_20261123T012345.678Z_slow.tar.zst\n"],
    ["with another suffix", "aod_20261123T012345.678Z_slow.tar.gz"],
  ])("%s: not ours (%s)", (_, fileName) => {
    expect(parseCaptureName(fileName)).toBeUndefined();
  });

  test("parse to what they were made of, whatever that was", () => {
    const random = seeded();
    const letters = "abzABZ019._-";
    for (let round = 0; round < 2000; round++) {
      const rule = Array.from(
        { length: random.int(1, 64) },
        () => letters[random.int(0, letters.length - 1)],
      ).join("");
      const name = { epochMs: random.int(0, 253402300799999), ordinal: random.int(1, 9999), rule };
      expect(parseCaptureName(captureStem(name) + CAPTURE_SUFFIX), random.seedText).toEqual(name);
      expect(isPartialName(partialName(captureStem(name))), random.seedText).toBe(true);
    }
  });

  test("are ordered by time, then by ordinal, although the letters say otherwise", () => {
    const [first, second] = [
      "aod_20261123T012345.678Z_slow.tar.zst",
      "aod_20261123T012345.678Z-2_slow.tar.zst",
    ];
    const [a, b] = [parseCaptureName(first), parseCaptureName(second)];
    if (a === undefined || b === undefined) throw new Error("names of ours");
    expect(compareCaptureNames(a, b)).toBeLessThan(0);
    expect(first < second).toBe(false);
  });
});

describe("partial names", () => {
  test.each([".aod_quick.partial", "aod_20261123T012345.678Z_slow.partial", ".partial", ".viminfo"])(
    "%s is not ours",
    (name) => {
      expect(isPartialName(name)).toBe(false);
    },
  );
});
