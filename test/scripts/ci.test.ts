// The arithmetic of .ci/run, with an invented Makefile: the last sum of each step, and a step without a sum.

import { describe, expect, test } from "bun:test";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/**
 * Runs .ci/run with these recipes. The other steps (packages, operator, hostile, short benchmarks, service) pass 135
 * tests.
 * @returns its last line and exit status.
 */
async function runSteps(targets: { readonly test: string; readonly demo: string; readonly e2e: string }) {
  const folder = tempDir();
  cpSync(join(ROOT, ".ci"), join(folder, ".ci"), { recursive: true });
  const others = {
    "test-packages": "echo 80 passed, 0 failed",
    "test-operator": "echo 10 passed, 0 failed",
    "test-hostile": "echo 5 passed, 0 failed",
    "bench-short": "echo 30 passed, 0 failed",
    "e2e-service": "echo 10 passed, 0 failed",
    "e2e-ci": targets.e2e,
  };
  const rules = Object.entries({ ...targets, ...others }).map(([name, recipe]) => `${name}:\n\t@${recipe}\n`);
  writeFileSync(join(folder, "Makefile"), rules.join(""));
  const { exitCode, stdout } = await run([join(folder, ".ci/run")], folder);
  return { exitCode, last: stdout.trimEnd().split("\n").at(-1) };
}

describe(".ci/run", () => {
  test.each([
    [
      "adds up the sums, counts the demo as one, tests the packages, runs the guest four times",
      "echo 7 passed, 0 failed",
      "true",
      "echo 2 passed, 0 failed",
      0,
      "151 passed, 0 failed",
    ],
    [
      "counts skipped tests",
      "echo 7 passed, 0 failed, 3 skipped",
      "true",
      "echo 1 passed, 0 failed",
      0,
      "147 passed, 0 failed, 3 skipped",
    ],
    [
      "fails with a failed test",
      "echo 7 passed, 1 failed; exit 1",
      "true",
      "echo 1 passed, 0 failed",
      1,
      "147 passed, 1 failed",
    ],
    [
      "runs the other steps after one that dies",
      "exit 3",
      "true",
      "echo 1 passed, 0 failed",
      1,
      "140 passed, 1 failed",
    ],
    [
      "trusts the exit status more than the sum",
      "echo 7 passed, 0 failed; exit 1",
      "true",
      "echo 1 passed, 0 failed",
      1,
      "147 passed, 1 failed",
    ],
    [
      "takes the last sum",
      "echo 1 passed, 1 failed; echo 4 passed, 0 failed",
      "true",
      "echo 1 passed, 0 failed",
      0,
      "144 passed, 0 failed",
    ],
    [
      "gives no step a terminal to ask on",
      "read -r answer && echo 9 passed, 0 failed",
      "true",
      "echo 1 passed, 0 failed",
      1,
      "140 passed, 1 failed",
    ],
    [
      "requires BPF",
      'test "$$AOD_REQUIRE_BPF$$CI" = 1true',
      "true",
      "echo 1 passed, 0 failed",
      0,
      "141 passed, 0 failed",
    ],
  ] as const)("%s", async (_, testRecipe, demo, e2e, exitCode, last) => {
    expect(await runSteps({ test: testRecipe, demo, e2e })).toEqual({ exitCode, last });
  });
});
