// dist/aod on a CPU of 2008 without AVX and AVX2, emulated by qemu. A program that uses AVX2 proves that the emulation
// would notice it.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXECUTABLE, ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const OLD_CPU = ["qemu-x86_64", "-cpu", "Nehalem"];

describe.skipIf(process.arch !== "x64")("on a CPU without AVX", () => {
  test("a program that uses it is killed", async () => {
    const folder = tempDir();
    writeFileSync(
      join(folder, "avx2.c"),
      'int main(void) { __asm__("vpaddd %ymm0, %ymm0, %ymm0"); return 0; }\n',
    );
    expect(await run(["clang", "-o", "avx2", "avx2.c"], folder)).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await run([...OLD_CPU, "./avx2"], folder);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("Illegal instruction");
  });

  test("aod prints its version, and reads a configuration", async () => {
    expect(await run([...OLD_CPU, EXECUTABLE, "--version"], ROOT)).toMatchObject({ exitCode: 0, stderr: "" });
    const { exitCode, stdout } = await run(
      [...OLD_CPU, EXECUTABLE, "check", "--config", "config/aod.yaml"],
      ROOT,
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain("config/aod.yaml: ok");
  });
});
