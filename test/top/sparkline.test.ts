import { describe, expect, test } from "bun:test";
import { ASCII, UNICODE } from "../../src/top/glyphs.ts";
import { cellsOf, drawSpark, SERIES, type Second } from "../../src/top/sparkline.ts";
import { seeded } from "../helpers/random.ts";

function seconds(...requests: readonly number[]): Second[] {
  return requests.map((count) => ({
    requests: count,
    errors: 0,
    p50_ms: null,
    max_ms: null,
    p99_ms: count === 0 ? null : count,
  }));
}

describe("cells", () => {
  test("are seconds if there is room for them", () => {
    expect(cellsOf(SERIES.rate, seconds(1, 2, 3), 100, 10)).toEqual([1, 2, 3]);
  });

  test("are the mean rate and the greatest p99 of several seconds otherwise", () => {
    // Seconds 96 to 101, two seconds a cell.
    expect(cellsOf(SERIES.rate, seconds(1, 2, 3, 4, 5, 8), 101, 3)).toEqual([1.5, 3.5, 6.5]);
    expect(cellsOf(SERIES.p99, seconds(1, 2, 3, 4, 5, 0), 101, 3)).toEqual([2, 4, 5]);
  });

  test("are unknown for a second without requests", () => {
    expect(cellsOf(SERIES.p99, seconds(0, 5), 100, 10)).toEqual([null, 5]);
  });

  test("cover the same seconds when the next one comes, so that drawn cells do not change", () => {
    const random = seeded();
    const all = seconds(...Array.from({ length: 400 }, () => random.int(0, 999)));
    const at = (endSec: number) => cellsOf(SERIES.rate, all.slice(endSec - 299, endSec + 1), endSec, 60);
    const before = at(359);
    const after = at(360);
    // Five seconds a cell; the first cell may have lost a second, and the last is still being filled.
    expect(after.slice(1, -1), random.seedText).toEqual(before.slice(2));
  });

  test("never exceed the room", () => {
    const random = seeded();
    for (let i = 0; i < 500; i++) {
      const room = random.int(0, 200);
      const some = seconds(...Array.from({ length: random.int(0, 300) }, () => random.int(0, 9)));
      expect(
        cellsOf(SERIES.rate, some, random.int(0, 1e9), room).length,
        random.seedText,
      ).toBeLessThanOrEqual(room);
    }
  });
});

describe("blocks", () => {
  test("are the lowest for 0, higher for more, and blank for unknown values", () => {
    expect(drawSpark([null, 0, 0.001, 5, 10], 10, 1, UNICODE)).toEqual([" ▁▂▅█"]);
    expect(drawSpark([null, 0, 0.001, 5, 10], 10, 1, ASCII)).toEqual([" _.=#"]);
  });

  test("are stacked if there are several rows", () => {
    expect(drawSpark([0, 5, 10], 10, 2, UNICODE)).toEqual([" ▁█", "▁██"]);
  });

  test("of zeros alone are the lowest", () => {
    expect(drawSpark([0, 0], 0, 1, UNICODE)).toEqual(["▁▁"]);
  });
});
