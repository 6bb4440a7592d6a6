// docs/extending.md: its diffs are applied to a copy of the sources, and their tests must pass.

import { describe, expect, test } from "bun:test";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../src/config/config.ts";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const DOCUMENT = readFileSync(join(ROOT, "docs/extending.md"), "utf8");
const blocks = (language: string) =>
  [...DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
const TESTS = ["runner/actions", "runner/verdict", "metrics/samples", "config/documentation"];

describe("docs/extending.md", () => {
  test("has diffs that apply, and whose tests pass", async () => {
    const copy = tempDir();
    // The files that these tests read; output and installed packages are only linked.
    for (const part of [
      "src",
      "test",
      "scripts",
      "config",
      "docs",
      "packaging",
      "tsconfig.json",
      "package.json",
    ])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    for (const part of ["node_modules", "build"]) symlinkSync(join(ROOT, part), join(copy, part));
    writeFileSync(join(copy, "all.diff"), blocks("diff").join(""));
    expect(blocks("diff").length).toBeGreaterThan(6);
    const applied = await run(["git", "apply", "-C1", "all.diff"], copy);
    expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
    const tests = TESTS.map((name) => `./test/${name}.test.ts`);
    const ran = await run([process.execPath, "test", "--timeout=120000", ...tests], copy);
    expect(ran.stderr).toContain(" 0 fail");
    expect(ran.exitCode).toBe(0);
  }, 600_000);

  test("has a rule that `aod check` accepts", () => {
    const [rule = ""] = blocks("yaml");
    const { config, problems } = parseConfig(rule);
    expect(problems).toEqual([]);
    expect(config?.rules.map(({ name }) => name)).toEqual(["database-commits"]);
  });
});
