// Two CPUs at once in one set of the request table, by test/kernel/race.c, and in one of operations, by
// race-operations.c: the arguments in bpf/table.h and bpf/operation.h, tried. Only the default build: the plain one is
// for kernels where this can't be had, and says so.

import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { COUNTERS } from "../../src/model/request.gen.ts";
import { describeBpf, OBJECTS, testProgram } from "../helpers/bpf.ts";
import { seeded } from "../helpers/random.ts";

const SECONDS = 3;

type CounterName = (typeof COUNTERS)[number];
type Figures<Own extends string> = Readonly<Record<CounterName | Own, number>>;

function race(seed: number) {
  return run<"enters" | "replies" | "reaps" | "open" | "unfinished" | "wrong" | "ghosts">("race", seed);
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
  const argv = [testProgram(program), OBJECTS.atomic, ...[SECONDS, seed, ...more].map(String)];
  const { success, stdout, stderr } = Bun.spawnSync(argv);
  if (!success) throw new Error(`${program}: ${stderr.toString().trim()}`);
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

const twoCpus = availableParallelism() >= 2 ? "" : " (left out: this machine has one CPU)";

describeBpf("two CPUs in one set", () => {
  test.skipIf(twoCpus !== "")(
    `never close a request by another's reply, and lose none unseen${twoCpus}`,
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
      // Were it not so, nothing would have been tried.
      for (const name of [...ends, ...replies.slice(0, 3)] as const) {
        if (name !== "open") expect(figures[name], `${name}, ${seedText}`).toBeGreaterThan(100);
      }
    },
    (SECONDS + 20) * 1000,
  );

  test.skipIf(twoCpus !== "").each([4, 12])(
    `never end an operation of %d tasks for another, and lose none unseen${twoCpus}`,
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
      // Were it not so, nothing would have been tried.
      const tried = tasks > 4 ? [operations_displaced, operations_reaped] : [];
      expect(Math.min(operations_overwritten, figures.exits, ...tried), seedText).toBeGreaterThan(100);
      if (tasks <= 4) expect([operations_displaced, operations_reaped], seedText).toEqual([0, 0]);
    },
    (SECONDS + 20) * 1000,
  );
});
