// A storm of one signal: one run at once, one more for all signals that arrived meanwhile; the rest is counted.

import { describe, expect, test } from "bun:test";
import { RepeatedSignal } from "../../src/daemon/repeated-signal.ts";
import { seeded } from "../helpers/random.ts";

function aSignal() {
  const ends: (() => void)[] = [];
  const state = { runs: 0, surplus: 0, ignored: [] as number[] };
  const signal = new RepeatedSignal({
    act: () => {
      state.runs++;
      return new Promise((resolve) => ends.push(resolve));
    },
    onSurplus: () => state.surplus++,
    onIgnored: (count) => state.ignored.push(count),
  });
  const end = async () => {
    ends.shift()?.();
    await Bun.sleep(0);
  };
  return { signal, state, end };
}

describe("a signal", () => {
  test("starts a run at once, and another one after the first has ended", async () => {
    const { signal, state, end } = aSignal();
    signal.take();
    expect(state.runs).toBe(1);
    await end();
    signal.take();
    await end();
    expect(state).toEqual({ runs: 2, surplus: 0, ignored: [] });
  });

  test("that arrives a thousand times during a run leads to exactly one more run, and the surplus is reported", async () => {
    const { signal, state, end } = aSignal();
    for (let i = 0; i < 1001; i++) signal.take();
    expect(state).toEqual({ runs: 1, surplus: 999, ignored: [] });
    await end();
    expect(state).toEqual({ runs: 2, surplus: 999, ignored: [999] });
    await end();
    expect(state.runs).toBe(2);
  });

  test("is followed by a run that starts after it, whenever it arrives", async () => {
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
    // Each signal has started a run, made the next run due, or was counted as surplus.
    expect(state.runs + state.surplus, random.seedText).toBe(taken);
    expect(state.surplus).toBe(state.ignored.reduce((sum, count) => sum + count, 0));
  });
});
