// dist/aod alone, in a read-only file system with glibc and nothing else (bare-root.sh): all that it needs is inside
// it. Making such a file system needs root.

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

describe.skipIf(process.getuid?.() !== 0)("in a file system with glibc and nothing else (needs root)", () => {
  test("it prints its version and the parts inside", async () => {
    expect(await aod("--version")).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(new RegExp(`^aod ${RegExp.escape(version)} \\(\\S+\\)\n${INSIDE}\n$`)),
      stderr: "",
    });
  });

  test("check accepts a valid configuration", async () => {
    expect(await aod("check", "--config", "/etc/example.yaml")).toMatchObject({ exitCode: 0 });
  });

  test("check finds the mistake in an invalid one, with its place", async () => {
    const { exitCode, stdout, stderr } = await aod("check", "--config", "/etc/wrong.yaml");
    expect(stdout + stderr).toContain("/etc/wrong.yaml:4:19: ");
    expect(exitCode).toBe(78);
  });

  test("doctor loads the libraries from memory and gets the kernel's decision on the programs", async () => {
    const { exitCode, stdout, stderr } = await aod("doctor", "--config", "/etc/example.yaml");
    if (env.AOD_REQUIRE_BPF === "1") expect(stdout).toMatch(/^ok {2}BPF programs/m);
    expect(stdout).not.toContain(".so");
    expect(stderr).toBe("");
    // 69 and 77: this kernel, or this container, does not let any process load BPF programs.
    expect([0, 69, 77]).toContain(exitCode);
  });

  test("the demo captures every trouble that it provokes", async () => {
    const { exitCode, stdout, stderr } = await aod("demo", "/tmp/demo");
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(".tar.zst");
  }, 60_000);
});
