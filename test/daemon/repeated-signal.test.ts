// A storm of one signal: it acts at once, once more for all that came meanwhile, and counts the rest.

import { describe, expect, test } from "bun:test";
import { RepeatedSignal } from "../../src/daemon/repeated-signal.ts";
import { seeded } from "../helpers/random.ts";

function aSignal() {
  const ends: (() => void)[] = [];
  const state = { runs: 0, left: 0, leftOut: [] as number[] };
  const signal = new RepeatedSignal({
    act: () => {
      state.runs++;
      return new Promise((resolve) => ends.push(resolve));
    },
    left: () => state.left++,
    leftOut: (count) => state.leftOut.push(count),
  });
  const end = async () => {
    ends.shift()?.();
    await Bun.sleep(0);
  };
  return { signal, state, end };
}

describe("a signal", () => {
  test("acts at once, and again when the first run is over", async () => {
    const { signal, state, end } = aSignal();
    signal.take();
    expect(state.runs).toBe(1);
    await end();
    signal.take();
    await end();
    expect(state).toEqual({ runs: 2, left: 0, leftOut: [] });
  });

  test("that comes a thousand times during a run has exactly one more run, and its count is told", async () => {
    const { signal, state, end } = aSignal();
    for (let i = 0; i < 1001; i++) signal.take();
    expect(state).toEqual({ runs: 1, left: 999, leftOut: [] });
    await end();
    expect(state).toEqual({ runs: 2, left: 999, leftOut: [999] });
    await end();
    expect(state.runs).toBe(2);
  });

  test("is followed by a run that begins after it, whenever it comes", async () => {
    const random = seeded();
    const { signal, state, end } = aSignal();
    let taken = 0;
    for (let i = 0; i < 500; i++) {
      const runs = state.runs;
      if (random.chance(0.7)) {
        signal.take();
        taken++;
      } else await end();
      expect(state.runs - runs, random.seedText).toBeLessThanOrEqual(1);
    }
    for (let runs = -1; runs !== state.runs; ) {
      runs = state.runs;
      await end();
    }
    // Each signal has started a run, was one of those that the next run was due for, or was counted.
    expect(state.runs + state.left, random.seedText).toBe(taken);
    expect(state.left).toBe(state.leftOut.reduce((sum, count) => sum + count, 0));
  });
});
