// dist/aod must read nothing in the folder in which it is started. Each trap is first shown to work on bun itself.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** A folder in which bun reads a level that does not exist, and runs a program before any other. */
function trap(): string {
  const folder = tempDir();
  writeFileSync(join(folder, ".env"), "AOD_LOG_LEVEL=trapped\n");
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  writeFileSync(join(folder, "preload.ts"), 'console.log("trapped");\n');
  writeFileSync(join(folder, "show.ts"), "console.log(process.env.AOD_LOG_LEVEL);\n");
  return folder;
}

describe("the current folder", () => {
  test("is a trap for bun", async () => {
    const { stdout } = await run([process.execPath, "show.ts"], trap());
    expect(stdout).toBe("trapped\ntrapped\n");
  });

  test("does not affect aod: neither .env nor bunfig.toml is read", async () => {
    const trapped = await run([EXECUTABLE, "check"], trap());
    const free = await run([EXECUTABLE, "check"], tempDir());
    expect(trapped).toEqual(free);
    expect(trapped.stdout + trapped.stderr).not.toContain("trapped");
  });

  test("does not change the log level of the environment", async () => {
    const { stderr } = await run([EXECUTABLE, "check"], tempDir(), { AOD_LOG_LEVEL: "trapped" });
    expect(stderr).toContain("trapped");
  });
});
