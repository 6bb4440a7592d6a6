// Two CPUs at once in one set of the request table, by test/kernel/race.c: the argument in bpf/table.h, tried. Only the
// default build: the plain one is for kernels where this can't be had, and says so.

import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { COUNTERS } from "../../src/model/request.gen.ts";
import { describeBpf, OBJECTS, testProgram } from "../helpers/bpf.ts";
import { seeded } from "../helpers/random.ts";

const SECONDS = 3;

type CounterName = (typeof COUNTERS)[number];
type Figures = Readonly<
  Record<CounterName | "enters" | "replies" | "reaps" | "open" | "unfinished" | "wrong" | "ghosts", number>
>;

function race(seed: number): Figures {
  const argv = [testProgram("race"), OBJECTS.atomic, String(SECONDS), String(seed)];
  const { success, stdout, stderr } = Bun.spawnSync(argv);
  if (!success) throw new Error(`race: ${stderr.toString().trim()}`);
  const entries = stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([name = "", value]) => {
      const counter = /^counter(\d+)$/.exec(name)?.[1];
      return [counter === undefined ? name : COUNTERS[Number(counter)], Number(value)];
    });
  return Object.fromEntries(entries) as Figures;
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
});
