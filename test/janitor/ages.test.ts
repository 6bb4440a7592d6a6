import { describe, expect, test } from "bun:test";
import { Ages } from "../../src/janitor/ages.ts";
import { chooseRemovals } from "../../src/janitor/retention.ts";
import type { StoredCapture } from "../../src/model/capture.ts";
import { CAPTURE_SUFFIX, captureStem } from "../../src/model/capture-name.ts";

const NOW_MS = Date.parse("2026-11-23T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function named(epochMs: number): StoredCapture {
  const name = { epochMs, ordinal: 1, rule: "slow" };
  return { ...name, fileName: captureStem(name) + CAPTURE_SUFFIX, bytes: 10, isPinned: false };
}

const at = (upMs: number, offsetMs = 0) => ({ epochMs: NOW_MS + upMs + offsetMs, boottimeNs: upMs * 1e6 });

describe("ages of captures", () => {
  const old = named(NOW_MS - 10 * DAY_MS);

  test("are what their names say, by a clock that is believed", () => {
    const ages = new Ages();
    expect(ages.look([old], at(0), true)).toEqual([{ ...old, ageMs: 10 * DAY_MS }]);
    expect(ages.look([old], at(HOUR_MS), true)).toEqual([{ ...old, ageMs: 10 * DAY_MS + HOUR_MS }]);
  });

  test("are unknown while it is not, and what passes meanwhile counts later", () => {
    const ages = new Ages();
    expect(ages.look([old], at(0), false)).toEqual([{ ...old, ageMs: undefined }]);
    expect(ages.look([old], at(HOUR_MS), true)).toEqual([{ ...old, ageMs: 10 * DAY_MS + HOUR_MS }]);
  });

  test("do not jump with the clock, even where it stays ahead and is believed again", () => {
    const ages = new Ages();
    ages.look([old], at(0), true);
    expect(ages.look([old], at(HOUR_MS, 40 * DAY_MS), true)).toMatchObject([
      { ageMs: 10 * DAY_MS + HOUR_MS },
    ]);
  });

  test("fall where a clock that is set back shows that they were less", () => {
    const ages = new Ages();
    ages.look([old], at(0, 40 * DAY_MS), true);
    expect(ages.look([old], at(HOUR_MS), true)).toMatchObject([{ ageMs: 10 * DAY_MS + HOUR_MS }]);
    // What is known once is not forgotten when it jumps again.
    expect(ages.look([old], at(2 * HOUR_MS, 40 * DAY_MS), true)).toMatchObject([
      { ageMs: 10 * DAY_MS + 2 * HOUR_MS },
    ]);
  });

  test.each([
    ["by a clock of 1972", named(Date.UTC(1972, 0, 1))],
    ["by a clock that was ahead", named(NOW_MS + 400 * DAY_MS)],
  ])("made %s begin when they are first seen", (_, capture) => {
    const ages = new Ages();
    ages.look([capture], at(0), false);
    expect(ages.look([capture], at(13 * DAY_MS), true)).toMatchObject([{ ageMs: 13 * DAY_MS }]);
    expect(ages.look([capture], at(15 * DAY_MS), true)).toMatchObject([{ ageMs: 15 * DAY_MS }]);
  });

  test("of files that are gone are forgotten: one that comes again is new", () => {
    const ages = new Ages();
    const odd = named(Date.UTC(1972, 0, 1));
    ages.look([odd], at(0), true);
    ages.look([], at(DAY_MS), true);
    expect(ages.look([odd], at(2 * DAY_MS), true)).toMatchObject([{ ageMs: 0 }]);
  });
});

describe("the order in which captures came", () => {
  test("is that of first sight, so that one made by a clock of 1972 is not the oldest", () => {
    const ages = new Ages();
    const [first, second, late] = [named(NOW_MS), named(NOW_MS + 1), named(Date.UTC(1972, 0, 1))] as const;
    ages.look([second, first], at(0), true);
    const seen = ages.look([late, first, second], at(1000), true);
    expect(seen.map(({ fileName }) => fileName)).toEqual(
      [first, second, late].map(({ fileName }) => fileName),
    );
    const removals = chooseRemovals(seen, { maxAgeMs: Infinity, maxTotalBytes: 10 }, []);
    expect(removals.map(({ name }) => name)).toEqual([first.fileName, second.fileName]);
  });

  test("is that of the names where all were found together", () => {
    const captures = [3, 1, 2].map((day) => named(NOW_MS + day * DAY_MS));
    const seen = new Ages().look(captures, at(0), false);
    expect(seen.map(({ epochMs }) => epochMs)).toEqual([1, 2, 3].map((day) => NOW_MS + day * DAY_MS));
  });
});
