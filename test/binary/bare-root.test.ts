// dist/aod alone, in a read-only root with glibc and nothing else (bare-root.sh): what it needs is inside it. Making
// such a root takes root.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { version } from "../../package.json";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const env: Record<string, string> =
  process.env.AOD_REQUIRE_BPF === undefined ? {} : { AOD_REQUIRE_BPF: process.env.AOD_REQUIRE_BPF };

const INSIDE = ["bun", "libbpf", "libelf", "zlib", "zstd"].map((name) => `${name} \\d+(\\.\\d+)+`).join(", ");

function aod(...argv: string[]) {
  return run([join(import.meta.dir, "bare-root.sh"), EXECUTABLE, ...argv], tempDir(), env);
}

describe.skipIf(process.getuid?.() !== 0)("in a root that has glibc and nothing else (takes root)", () => {
  test("it says its version, and what is inside", async () => {
    expect(await aod("--version")).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(new RegExp(`^aod ${RegExp.escape(version)} \\(\\S+\\)\n${INSIDE}\n$`)),
      stderr: "",
    });
  });

  test("check takes a right configuration", async () => {
    expect(await aod("check", "--config", "/etc/example.yaml")).toMatchObject({ exitCode: 0 });
  });

  test("check finds the mistake in a wrong one, and its place", async () => {
    const { exitCode, stdout, stderr } = await aod("check", "--config", "/etc/wrong.yaml");
    expect(stdout + stderr).toContain("/etc/wrong.yaml:4:19: ");
    expect(exitCode).toBe(78);
  });

  test("doctor loads the libraries from memory and has the kernel's word on the programs", async () => {
    const { exitCode, stdout, stderr } = await aod("doctor", "--config", "/etc/example.yaml");
    if (env.AOD_REQUIRE_BPF === "1") expect(stdout).toMatch(/^ok {2}BPF programs/m);
    expect(stdout).not.toContain(".so");
    expect(stderr).toBe("");
    // 69 and 77: this kernel, or this container, lets nobody load BPF programs.
    expect([0, 69, 77]).toContain(exitCode);
  });

  test("the demo catches what it has to catch", async () => {
    const { exitCode, stdout, stderr } = await aod("demo", "/tmp/demo");
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(".tar.zst");
  }, 60_000);
});
