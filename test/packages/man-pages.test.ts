// The manual pages against their sources, commands, keys and exit codes, and against two readers of the format.

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCommands } from "../../scripts/package/command-facts.ts";
import { EXIT_STATUS } from "../../scripts/package/exit-status.ts";
import { commandPage, configurationPage } from "../../scripts/package/man-pages.ts";
import { KEY_TABLE } from "../../src/config/key-table.ts";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const shipped = readFileSync(join(ROOT, "config/aod.yaml"), "utf8");
const commands = await readCommands();
const folder = tempDir();
const PAGES = ["aod.1", "aod.yaml.5"] as const;
writeFileSync(join(folder, PAGES[0]), commandPage(commands, "1.2.3", "2026-01-02"));
writeFileSync(join(folder, PAGES[1]), configurationPage(KEY_TABLE, shipped, "1.2.3", "2026-01-02"));

/** The page as a terminal shows it, without line breaks. */
async function read(page: string): Promise<string> {
  const { stdout } = await run(["man", "--local-file", page], folder, { MANWIDTH: "200", LC_ALL: "C.UTF-8" });
  return stdout.replaceAll(/\s+/g, " ");
}

describe.each(PAGES)("%s", (page) => {
  test("has no mistake that mandoc or groff finds", async () => {
    expect(await run(["mandoc", "-T", "lint", "-W", "warning", page], folder)).toMatchObject({
      exitCode: 0,
      stdout: "",
    });
    const groff = await run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], folder, {
      LC_ALL: "C.UTF-8",
      MANROFFSEQ: "",
    });
    expect(groff.stderr).toBe("");
  });
});

describe("aod(1)", () => {
  test("has every command with its description, options and arguments", async () => {
    const text = await read(PAGES[0]);
    for (const { name, description, options } of commands.verbs) {
      expect(text).toContain(`aod ${name}`);
      expect(text).toContain(`${name} ${description}`);
      for (const { flag, aliases } of options) expect(text).toContain([...aliases, flag].join(", "));
    }
  });

  test("has every exit code that a failure ends with", async () => {
    const text = readFileSync(join(ROOT, "src/supervisor/restart.ts"), "utf8");
    const codes = [...text.matchAll(/^ {2}[A-Z_]+: (\d+),$/gm)].map(([, code]) => Number(code));
    expect(codes.length).toBeGreaterThan(5);
    const known = EXIT_STATUS.map(([code]) => code);
    for (const code of codes) expect(known).toContain(code);
  });
});

describe("aod.yaml(5)", () => {
  test("has every key with its range", async () => {
    const text = await read(PAGES[1]);
    const keys = KEY_TABLE.filter(({ range }) => range !== undefined);
    expect(keys.length).toBeGreaterThan(20);
    for (const { path, range } of keys) {
      expect(text).toContain(` ${path} `);
      expect(text).toContain(range as string);
    }
  });

  test("shows the shipped file as it is", async () => {
    const text = await read(PAGES[1]);
    for (const line of shipped.split("\n").filter((one) => one.trim() !== ""))
      expect(text).toContain(line.trim().replaceAll(/\s+/g, " "));
  });
});
