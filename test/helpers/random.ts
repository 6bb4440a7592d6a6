// Random numbers for property tests, from a seed: a failure prints it (pass `seedText` as the message of expect), and
// AOD_TEST_SEED repeats it.

export interface Random {
  /** For the message of every expectation: how to have the same numbers again. */
  readonly seedText: string;
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** The generator is mulberry32: fast, and good enough to choose test cases by. */
export function seeded(
  seed = Number(process.env.AOD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32)),
): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    seedText: `AOD_TEST_SEED=${seed}`,
    int,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    chance: (probability) => next() < probability,
  };
}
