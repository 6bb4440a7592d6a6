import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grownLosses, LOSS_CAUSES } from "../../src/model/losses.ts";
import { COUNTERS } from "../../src/model/request.gen.ts";

describe("losses", () => {
  test("every counter that bpf/request.h calls a loss has a description", () => {
    const header = readFileSync(join(import.meta.dir, "../../bpf/request.h"), "utf8");
    const names = [...header.matchAll(/AOD_COUNTER_(\w+) = \d+, +\/\* loss:/g)].map(([, name]) =>
      name?.toLowerCase(),
    );
    expect(names.length).toBeGreaterThan(3);
    const known = Object.keys(LOSS_CAUSES);
    expect(known.filter((cause) => (COUNTERS as readonly string[]).includes(cause)).sort()).toEqual(
      names.map(String).sort(),
    );
  });

  test("only the losses that have grown are reported, with the difference", () => {
    expect(grownLosses({ ring_full: 3 }, { ring_full: 5, missed_runs: 0, entered: 900 })).toEqual([
      { cause: "ring_full", count: 2 },
    ]);
    expect(grownLosses({}, { missed_runs: 1 })).toEqual([{ cause: "missed_runs", count: 1 }]);
  });
});
