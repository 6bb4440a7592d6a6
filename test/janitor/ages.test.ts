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

  test("follow from their names while the clock is trusted", () => {
    const ages = new Ages();
    expect(ages.update([old], at(0), true)).toEqual([{ ...old, ageMs: 10 * DAY_MS }]);
    expect(ages.update([old], at(HOUR_MS), true)).toEqual([{ ...old, ageMs: 10 * DAY_MS + HOUR_MS }]);
  });

  test("are unknown while the clock is not trusted, and the time that passes meanwhile counts later", () => {
    const ages = new Ages();
    expect(ages.update([old], at(0), false)).toEqual([{ ...old, ageMs: undefined }]);
    expect(ages.update([old], at(HOUR_MS), true)).toEqual([{ ...old, ageMs: 10 * DAY_MS + HOUR_MS }]);
  });

  test("do not jump with the clock, even if it stays ahead and is trusted again", () => {
    const ages = new Ages();
    ages.update([old], at(0), true);
    expect(ages.update([old], at(HOUR_MS, 40 * DAY_MS), true)).toMatchObject([
      { ageMs: 10 * DAY_MS + HOUR_MS },
    ]);
  });

  test("fall if a clock that is set back shows lower ages", () => {
    const ages = new Ages();
    ages.update([old], at(0, 40 * DAY_MS), true);
    expect(ages.update([old], at(HOUR_MS), true)).toMatchObject([{ ageMs: 10 * DAY_MS + HOUR_MS }]);
    // A lower age is remembered when the clock jumps again.
    expect(ages.update([old], at(2 * HOUR_MS, 40 * DAY_MS), true)).toMatchObject([
      { ageMs: 10 * DAY_MS + 2 * HOUR_MS },
    ]);
  });

  test.each([
    ["by a clock of 1972", named(Date.UTC(1972, 0, 1))],
    ["by a clock that was ahead", named(NOW_MS + 400 * DAY_MS)],
  ])("of captures made %s begin at the first sighting", (_, capture) => {
    const ages = new Ages();
    ages.update([capture], at(0), false);
    expect(ages.update([capture], at(13 * DAY_MS), true)).toMatchObject([{ ageMs: 13 * DAY_MS }]);
    expect(ages.update([capture], at(15 * DAY_MS), true)).toMatchObject([{ ageMs: 15 * DAY_MS }]);
  });

  test("of files that were removed are forgotten: a file that comes again is new", () => {
    const ages = new Ages();
    const odd = named(Date.UTC(1972, 0, 1));
    ages.update([odd], at(0), true);
    ages.update([], at(DAY_MS), true);
    expect(ages.update([odd], at(2 * DAY_MS), true)).toMatchObject([{ ageMs: 0 }]);
  });
});

describe("the order in which captures came", () => {
  test("is the order of first sightings, so that a capture from a clock of 1972 is not the oldest", () => {
    const ages = new Ages();
    const [first, second, late] = [named(NOW_MS), named(NOW_MS + 1), named(Date.UTC(1972, 0, 1))] as const;
    ages.update([second, first], at(0), true);
    const seen = ages.update([late, first, second], at(1000), true);
    expect(seen.map(({ fileName }) => fileName)).toEqual(
      [first, second, late].map(({ fileName }) => fileName),
    );
    const removals = chooseRemovals(seen, { maxAgeMs: Infinity, maxTotalBytes: 10 }, []);
    expect(removals.map(({ name }) => name)).toEqual([first.fileName, second.fileName]);
  });

  test("is the order of the names if all were found at the same time", () => {
    const captures = [3, 1, 2].map((day) => named(NOW_MS + day * DAY_MS));
    const seen = new Ages().update(captures, at(0), false);
    expect(seen.map(({ epochMs }) => epochMs)).toEqual([1, 2, 3].map((day) => NOW_MS + day * DAY_MS));
  });
});
