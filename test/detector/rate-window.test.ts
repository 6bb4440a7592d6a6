import { describe, expect, test } from "bun:test";
import { RateWindow } from "../../src/detector/rate-window.ts";
import { seeded } from "../helpers/random.ts";

const WINDOW_NS = 1e9;
const RATE = { acceptableShare: 0.05, minReplies: 100 };

/** Plays one reply each ms, of which these fail. @returns the times, ms, at which the window was full. */
function run(fails: (ms: number) => boolean, ms: number, rate = RATE): number[] {
  let replies = 0;
  const window = new RateWindow(rate, WINDOW_NS, () => replies);
  const full: number[] = [];
  for (let now = 0; now < ms; now++) {
    replies += 1;
    if (fails(now) && window.add(now * 1e6)) full.push(now);
  }
  return full;
}

describe("RateWindow", () => {
  test("a percentage over the limit trips as soon as there are enough replies", () => {
    const [first, ...more] = run((ms) => ms % 10 === 0, 3000);
    expect(first).toBe(100);
    expect(more.length).toBeGreaterThan(200);
  });

  test("a percentage under the limit never trips", () => {
    expect(run((ms) => ms % 25 === 0, 60_000)).toEqual([]);
  });

  test("a single error never trips", () => {
    for (const at of [0, 1, 500, 4999]) expect(run((ms) => ms === at, 5000)).toEqual([]);
  });

  test("too few replies never trip", () => {
    expect(run(() => true, 90)).toEqual([]);
  });

  test("a burst is found, and ends when it has left the window", () => {
    const burst = (ms: number) => (ms >= 5000 && ms < 5300) || ms % 100 === 0;
    const full = run(burst, 9000);
    expect(full.length).toBeGreaterThan(100);
    expect(full.every((ms) => ms >= 5000 && ms <= 5300 + 1100)).toBe(true);
  });

  test("twice the limit trips and half of it does not, on random traffic", () => {
    const random = seeded();
    const share = (p: number) => run(() => random.chance(p), 20_000, { ...RATE, minReplies: 500 }).length;
    // In 300 runs the first had 1,822 at least and the second 6 at most; these bounds are far from both.
    expect(share(0.1), random.seedText).toBeGreaterThan(1000);
    expect(share(0.025), random.seedText).toBeLessThan(200);
  });

  test("the counters are read a bounded number of times", () => {
    let reads = 0;
    const window = new RateWindow(RATE, WINDOW_NS, () => ++reads);
    for (let i = 0; i < 1_000_000; i++) window.add(i * 1000);
    expect(reads).toBeLessThanOrEqual(130);
  });

  test("errors that arrive out of order change little and never throw", () => {
    const random = seeded();
    let replies = 0;
    const window = new RateWindow(RATE, WINDOW_NS, () => replies);
    for (let now = 0; now < 5000; now++) {
      replies += 1;
      if (now % 50 === 0) window.add((now - random.int(0, 30)) * 1e6);
      expect(window.isFull, random.seedText).toBe(false);
    }
  });
});
