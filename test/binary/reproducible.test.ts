// Two builds of one commit, from two folders, are the same bytes: a user can build a release again and compare.

import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packages from "../../package.json";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const SOURCES = [
  "src",
  "bpf",
  "config",
  "scripts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "build/version",
  "build/parts.json",
];
/** The files of npm's packages that the build reads. */
const MODULES = [...Object.keys(packages.dependencies), "node-addon-api", "node-api-headers", "@oven"];
const MINUTE_MS = 60_000;

/** The sources in a folder of their own, with the machine's libraries and another build of zstd's binding. */
function clone(folder: string): string {
  for (const path of SOURCES) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  for (const name of MODULES)
    cpSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
  cpSync(join(ROOT, "build/lib"), join(folder, "build/lib"), { recursive: true });
  return folder;
}

async function build(folder: string): Promise<void> {
  mkdirSync(join(folder, "dist"), { recursive: true });
  for (const step of [
    ["bash", "scripts/build-bpf.sh"],
    [process.execPath, "scripts/build-report.ts", "build/report"],
    ["bash", "scripts/build-aod.sh", "dist/aod"],
  ]) {
    const { exitCode, stderr } = await run(step, folder);
    expect({ step, exitCode, stderr }).toMatchObject({ exitCode: 0 });
  }
}

function sha256(path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}

describe("a build", () => {
  test(
    "of the executable is the same from two folders, and does not contain their paths",
    async () => {
      const one = clone(join(tempDir(), "one"));
      const two = clone(join(tempDir(), "two/and deeper"));
      await build(one);
      await build(two);
      expect(sha256(join(two, "dist/aod"))).toBe(sha256(join(one, "dist/aod")));
      expect(readFileSync(join(one, "dist/aod")).includes(one)).toBe(false);
    },
    2 * MINUTE_MS,
  );

  test(
    "of zstd's binding is the same from another folder",
    async () => {
      const folder = clone(join(tempDir(), "three"));
      const { exitCode, stderr } = await run(["bash", "scripts/build-zstd.sh", "build/zstd-napi.so"], folder);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(sha256(join(folder, "build/zstd-napi.so"))).toBe(sha256(join(ROOT, "build/lib/zstd-napi.so")));
    },
    2 * MINUTE_MS,
  );
});
