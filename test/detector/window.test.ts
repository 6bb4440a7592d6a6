import { describe, expect, test } from "bun:test";
import { SlidingWindow } from "../../src/detector/window.ts";
import { type Random, seeded } from "../helpers/random.ts";

const MS = 1e6;

/** Whether the window trips after each event, by a recount: are the `count` latest events within `windowNs`? */
function recount(times: readonly number[], count: number, windowNs: number): boolean[] {
  return times.map((_, index) => {
    const latest = times.slice(0, index + 1).sort((a, b) => b - a);
    const first = latest[count - 1];
    return first !== undefined && (latest[0] as number) - first <= windowNs;
  });
}

function tripsAfter(times: readonly number[], count: number, windowNs: number): boolean[] {
  const window = new SlidingWindow(count, windowNs);
  return times.map((time) => window.add(time));
}

/** Times that mostly ascend, with bursts, gaps and repeats; some are late. */
function randomTimes(random: Random, length: number, windowNs: number): number[] {
  let now = random.int(0, 1000);
  return Array.from({ length }, () => {
    if (random.chance(0.7)) now += random.int(0, Math.ceil(windowNs / 8));
    if (random.chance(0.05)) now += random.int(windowNs, 3 * windowNs);
    return random.chance(0.2) ? Math.max(0, now - random.int(0, Math.ceil(windowNs * 1.5))) : now;
  });
}

describe("SlidingWindow", () => {
  test("nine events at the end of one second and one at the start of the next trip it", () => {
    const times = [...Array.from({ length: 9 }, (_, i) => 900 + i * 10), 1005].map((ms) => ms * MS);
    expect(tripsAfter(times, 10, 1000 * MS)).toEqual([...Array<boolean>(9).fill(false), true]);
  });

  test("one more event a second later does not", () => {
    const times = [...Array.from({ length: 9 }, (_, i) => i), 1001].map((ms) => ms * MS);
    expect(tripsAfter(times, 10, 1000 * MS)).not.toContain(true);
  });

  test("both ends belong to the window", () => {
    expect(tripsAfter([0, 1000], 2, 1000)).toEqual([false, true]);
    expect(tripsAfter([0, 1001], 2, 1000)).toEqual([false, false]);
  });

  test("every event trips a window of one", () => {
    expect(tripsAfter([5, 5, 100, 3], 1, 10)).toEqual([true, true, true, true]);
  });

  test("a clock that does not move fills the window, too", () => {
    expect(tripsAfter([7, 7, 7], 3, 0)).toEqual([false, false, true]);
  });

  test("a late event counts at its time", () => {
    expect(tripsAfter([0, 900, 950, 100], 4, 1000)).toEqual([false, false, false, true]);
  });

  test("an event that is too late for the window changes nothing", () => {
    expect(tripsAfter([5000, 3000, 5001], 2, 1000)).toEqual([false, false, true]);
  });

  test("it agrees with a recount on any stream", () => {
    const random = seeded();
    for (let round = 0; round < 400; round++) {
      const count = random.int(1, 40);
      const windowNs = random.int(0, 500);
      const times = randomTimes(random, 120, windowNs);
      expect(tripsAfter(times, count, windowNs), `${random.seedText} round ${round}`).toEqual(
        recount(times, count, windowNs),
      );
    }
  });

  test("a million events in the window of the largest count are held in order", () => {
    const window = new SlidingWindow(1_000_000, 1e9);
    for (let i = 1; i < 1_000_000; i++) if (window.add(i)) throw new Error(`tripped at ${i}`);
    expect(window.add(1_000_000)).toBe(true);
  });
});
