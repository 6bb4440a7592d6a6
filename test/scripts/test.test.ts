// scripts/test.ts with invented tests: its sum, its exit status, and failures that must never count as success.

import { describe, expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const CHECKS = 8;
const PASS = 'import { test } from "bun:test"; test("a", () => {});';
const FAIL = 'import { test } from "bun:test"; test("a", () => { throw new Error("no"); });';
const LEAVE_OUT = 'import { test } from "bun:test"; test.skip("a", () => {});';

function write(folder: string, path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Runs the copy of test.ts over these tests; its checks are programs that end with `checkStatus`. */
async function runTests(files: Readonly<Record<string, string>>, checkStatus = 0) {
  const folder = tempDir();
  for (const name of ["test.ts", "junit.ts"])
    cpSync(join(ROOT, "scripts", name), join(folder, "scripts", name));
  for (const name of ["gen-request.ts", "gen-docs.ts"])
    write(folder, `scripts/${name}`, `process.exit(${checkStatus});`);
  for (const path of [
    "node_modules/.bin/tsc",
    "node_modules/.bin/biome",
    "bin/clang-format",
    "bin/shellcheck",
  ]) {
    write(folder, path, `#!/bin/sh\nexit ${checkStatus}\n`);
    chmodSync(join(folder, path), 0o755);
  }
  for (const [path, text] of Object.entries(files)) write(folder, path, text);
  const env = { PATH: `${join(folder, "bin")}:/usr/bin:/bin` };
  const { exitCode, stdout } = await run([process.execPath, "scripts/test.ts", "all"], folder, env);
  return { exitCode, last: stdout.trimEnd().split("\n").at(-1) };
}

describe("scripts/test.ts", () => {
  test.each([
    ["counts checks and tests", { "test/a.test.ts": PASS, "test/kernel/b.test.ts": PASS }, 0, 2, 0, 0],
    ["fails with a failed test", { "test/a.test.ts": PASS, "test/b.test.ts": FAIL }, 1, 1, 1, 0],
    ["counts skipped tests", { "test/a.test.ts": PASS, "test/kernel/b.test.ts": LEAVE_OUT }, 0, 1, 0, 1],
    ["fails if no test ran", {}, 1, 0, 1, 0],
    ["fails if every test was skipped", { "test/a.test.ts": LEAVE_OUT }, 1, 0, 1, 1],
    [
      "fails with a file that can't be loaded",
      { "test/a.test.ts": PASS, "test/b.test.ts": "throw 1;" },
      1,
      1,
      1,
      0,
    ],
    ["fails with a file without a test", { "test/a.test.ts": PASS, "test/b.test.ts": "" }, 1, 1, 1, 0],
    [
      "survives a test that kills bun",
      { "test/a.test.ts": PASS, "test/binary/b.test.ts": "process.kill(process.pid, 9);" },
      1,
      1,
      1,
      0,
    ],
  ] as const)("%s", async (_, files, exitCode, passed, failed, skipped) => {
    const suffix = skipped > 0 ? `, ${skipped} skipped` : "";
    expect(await runTests(files)).toEqual({
      exitCode,
      last: `${CHECKS + passed} passed, ${failed} failed${suffix}`,
    });
  });

  test("counts each failed check", async () => {
    expect(await runTests({ "test/a.test.ts": PASS }, 1)).toEqual({
      exitCode: 1,
      last: `1 passed, ${CHECKS} failed`,
    });
  });
});
