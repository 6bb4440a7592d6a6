// Two CPUs at once in one set of the request table, by test/kernel/race.c, and in one of operations, by
// race-operations.c: the arguments in bpf/table.h and bpf/operation.h, tried. Only the default build: the plain one is
// for kernels where this can't be had, and says so.

import { expect, test } from "bun:test";
import { COUNTERS } from "../../src/model/request.gen.ts";
import { describeBpf, OBJECTS, testProgram } from "../helpers/bpf.ts";
import { seeded } from "../helpers/random.ts";

/**
 * How often each outcome comes about before a race ends. The rarest of requests is one in 40, so this is half a million
 * requests; of operations it is one in 1,200 on a single CPU, where the threads interrupt each other only between two
 * runs: the books have to balance all the same.
 */
const ENOUGH = { race: 10_000, "race-operations": 100 } as const;
/** Says that a race hangs. */
const HANGS_MS = 300_000;

type CounterName = (typeof COUNTERS)[number];
type Figures<Own extends string> = Readonly<Record<CounterName | Own, number>>;

function race(seed: number) {
  return run<
    | "enters"
    | "replies"
    | "reaps"
    | "unreaped"
    | "open"
    | "open_reads"
    | "unfinished"
    | "wrong"
    | "ghosts"
    | "in_flight"
  >("race", seed);
}

function raceOperations(seed: number, tasks: number) {
  return run<"begins" | "recorded" | "exits" | "reaps" | "vanished" | "wrong" | "open" | "unfinished">(
    "race-operations",
    seed,
    tasks,
  );
}

function run<Own extends string>(
  program: "race" | "race-operations",
  seed: number,
  ...more: readonly number[]
): Figures<Own> {
  const argv = [testProgram(program), OBJECTS.atomic, ...[ENOUGH[program], seed, ...more].map(String)];
  const { success, stdout, stderr } = Bun.spawnSync(argv, { timeout: HANGS_MS });
  if (!success) throw new Error(`${program} hung or failed: ${stderr.toString().trim()}`);
  const entries = stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([name = "", value]) => {
      const counter = /^counter(\d+)$/.exec(name)?.[1];
      return [counter === undefined ? name : COUNTERS[Number(counter)], Number(value)];
    });
  return Object.fromEntries(entries) as Figures<Own>;
}

describeBpf("two CPUs in one set", () => {
  test(
    "never close a request by another's reply, and lose none unseen",
    () => {
      const random = seeded();
      const figures = race(random.int(1, 1e6));
      const { seedText } = random;

      expect(figures.wrong, seedText).toBe(0);
      expect(figures.unfinished, seedText).toBe(0);
      expect(figures.forgotten, seedText).toBe(0);
      // Every request that was sent has a line or was counted as a loss; every line has one end.
      expect(figures.entered + figures.enter_contended, seedText).toBe(figures.enters);
      const ends = [
        "replied",
        "ambiguous",
        "tail_closed",
        "superseded",
        "reaped",
        "evicted",
        "open",
      ] as const;
      expect(
        ends.reduce((sum, name) => sum + figures[name], 0),
        seedText,
      ).toBe(figures.entered);
      // Every reply closed a line or was counted.
      const replies = ["replied", "ambiguous", "unpaired", "reply_contended"] as const;
      expect(
        replies.reduce((sum, name) => sum + figures[name], 0),
        seedText,
      ).toBe(figures.replies);
      expect(figures.reaped, seedText).toBe(figures.reaps);
      // A READ takes its line or ghost with it. A dropped reply leaves one behind.
      expect(figures.unreaped, seedText).toBe(0);
      const leftBehind = figures.open_reads + figures.ghosts - figures.in_flight;
      expect(leftBehind, seedText).toBeGreaterThanOrEqual(0);
      expect(leftBehind, seedText).toBeLessThanOrEqual(figures.reply_contended);
    },
    HANGS_MS,
  );

  test.each([4, 12])(
    "never end an operation of %d tasks for another, and lose none unseen",
    (tasks) => {
      const random = seeded();
      const figures = raceOperations(random.int(1, 1e6), tasks);
      const { seedText } = random;

      expect(figures.wrong, seedText).toBe(0);
      expect(figures.vanished, seedText).toBe(0);
      expect(figures.unfinished, seedText).toBe(0);
      // Every operation that was begun has a line or was counted as a loss; every line has one end.
      expect(figures.operations_entered, seedText).toBe(figures.recorded);
      expect(figures.operations_entered + figures.operations_contended, seedText).toBe(figures.begins);
      const { operations_ended, operations_overwritten, operations_displaced, operations_reaped } = figures;
      expect(
        operations_ended + operations_overwritten + operations_displaced + operations_reaped + figures.open,
        seedText,
      ).toBe(figures.operations_entered);
      expect(operations_reaped, seedText).toBe(figures.reaps);
      // The others were ended by replies.
      expect(operations_ended, seedText).toBeGreaterThan(figures.exits);
      if (tasks <= 4) expect([operations_displaced, operations_reaped], seedText).toEqual([0, 0]);
    },
    HANGS_MS,
  );
});
