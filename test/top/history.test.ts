import { describe, expect, test } from "bun:test";
import type { Live } from "../../src/api/live.ts";
import { withEarlier } from "../../src/top/history.ts";
import { aLive } from "../helpers/live.ts";
import { seeded } from "../helpers/random.ts";

/** A document whose second number n has n requests. */
function upTo(lastSecond: number, count: number): Live {
  const seconds = Array.from({ length: count }, (_, i) => ({
    requests: lastSecond - count + 1 + i,
    errors: 0,
    p50_ms: null,
    p99_ms: null,
    max_ms: null,
  }));
  return aLive({ seconds, last_second: lastSecond });
}

const numbers = ({ seconds }: Live) => seconds.map(({ requests }) => requests);

describe("the minutes that are shown", () => {
  test("are kept when the recorder has only seconds", () => {
    expect(numbers(withEarlier(upTo(10, 3), upTo(12, 3)))).toEqual([8, 9, 10, 11, 12]);
    expect(numbers(withEarlier(upTo(10, 3), upTo(11, 1)))).toEqual([8, 9, 10, 11]);
    expect(numbers(withEarlier(upTo(10, 3), upTo(10, 0)))).toEqual([8, 9, 10]);
  });

  test("keep the fuller of two readings of a second, because the recorder loses slow requests first", () => {
    const second = (requests: number, p99Ms: number) => ({
      requests,
      errors: 0,
      p50_ms: 1,
      p99_ms: p99Ms,
      max_ms: p99Ms,
    });
    const before = aLive({ seconds: [second(3, 1500), second(5, 2)], last_second: 10 });
    const live = aLive({ seconds: [second(2, 10), second(5, 2), second(9, 3)], last_second: 11 });
    expect(withEarlier(before, live).seconds).toEqual([second(3, 1500), second(5, 2), second(9, 3)]);
    const eroded = aLive({ seconds: [second(4, 1), second(9, 3)], last_second: 11 });
    expect(withEarlier(before, eroded).seconds).toEqual([second(3, 1500), second(5, 2), second(9, 3)]);
  });

  test("start again after a missing second and after a boot", () => {
    expect(numbers(withEarlier(upTo(10, 3), upTo(13, 2)))).toEqual([12, 13]);
    expect(numbers(withEarlier(upTo(10, 3), upTo(12, 0)))).toEqual([]);
    expect(numbers(withEarlier(upTo(900, 3), upTo(5, 2)))).toEqual([4, 5]);
    expect(numbers(withEarlier(undefined, upTo(5, 2)))).toEqual([4, 5]);
  });

  test("are 300 consecutive seconds at most, the last one last", () => {
    const random = seeded();
    let shown: Live | undefined;
    for (let second = 1000; second < 3000; second += random.int(0, 20)) {
      shown = withEarlier(shown, upTo(second, random.int(0, 300)));
      const all = numbers(shown);
      expect(all, random.seedText).toEqual(all.map((_, i) => second - all.length + 1 + i));
      expect(all.length, random.seedText).toBeLessThanOrEqual(300);
    }
  });
});
