import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBuiltIn } from "../../src/config/config.ts";
import { DEFAULT_FILE, explainErrno, findConfig, readConfigFile } from "../../src/config/file.ts";
import { MAX_BYTES } from "../../src/config/source-text.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const GOOD = "guardian:\n  anomalies:\n    slow: {type: Latency, acceptable_count: 10}\n";
const folder = tempDir();

function aFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("readConfigFile", () => {
  test("reads a regular file, also through a symbolic link", () => {
    const path = aFile("good.yaml", GOOD);
    const link = join(folder, "link.yaml");
    symlinkSync(path, link);
    for (const name of [path, link]) {
      expect(readConfigFile(name)).toMatchObject({
        config: { file: name, rules: [{ name: "slow" }] },
        problems: [],
      });
    }
  });

  test("reports the number of errors, and each of them", () => {
    const path = aFile("bad.yaml", `${GOOD}a: 1\nb: 2\naudit:\n`);
    const found = readConfigFile(path);
    expect(found).toMatchObject({ config: undefined, code: "CONFIG_INVALID", summary: `${path}: 2 errors` });
    expect(found.problems.length).toBe(3);
  });

  test("reports a missing file", () => {
    const path = join(folder, "gone.yaml");
    expect(readConfigFile(path)).toMatchObject({ code: "CONFIG_MISSING", summary: `${path} does not exist` });
  });

  test.each([
    ["a folder", () => mkdirSync(join(folder, "d.yaml"))],
    ["a named pipe, without waiting for a writer", () => Bun.spawnSync(["mkfifo", join(folder, "d2.yaml")])],
  ])("refuses %s", (what, make) => {
    make();
    const path = join(folder, what === "a folder" ? "d.yaml" : "d2.yaml");
    expect(readConfigFile(path)).toMatchObject({
      code: "CONFIG_MISSING",
      summary: `${path} is ${what === "a folder" ? what : "not a regular file"}`,
    });
  });

  test("refuses an endless device", () => {
    expect(readConfigFile("/dev/zero")).toMatchObject({ code: "CONFIG_MISSING" });
  });

  test("reads no more of a large file than it takes to refuse it", () => {
    const found = readConfigFile(aFile("large.yaml", "#".repeat(4 * MAX_BYTES)));
    expect(found).toMatchObject({
      code: "CONFIG_INVALID",
      problems: [{ message: "is larger than 256 KiB" }],
    });
    expect(readConfigFile(aFile("full.yaml", GOOD.padEnd(MAX_BYTES, "#"))).config).toBeDefined();
  });

  test.each([
    ["ENOENT", "CONFIG_MISSING"],
    ["ENOTDIR", "CONFIG_MISSING"],
    ["EIO", "CONFIG_MISSING"],
    ["EACCES", "NOT_PERMITTED"],
    ["EPERM", "NOT_PERMITTED"],
  ])("maps %s to %s", (errno, code) => {
    expect(explainErrno("/etc/x", errno)).toMatchObject({ code, summary: expect.stringContaining("/etc/x") });
  });
});

describe("findConfig", () => {
  test("reads the named file and no other", () => {
    expect(findConfig(join(folder, "gone.yaml"))).toMatchObject({ code: "CONFIG_MISSING" });
  });

  test("reads the default file without a name", () => {
    expect(DEFAULT_FILE).toBe("/etc/aod.yaml");
    const path = aFile("default.yaml", GOOD);
    expect(findConfig(undefined, path)).toMatchObject({ config: { file: path } });
  });

  test("uses the built-in default only if the default file does not exist", () => {
    expect(findConfig(undefined, join(folder, "gone.yaml")).config).toEqual(parseBuiltIn().config);
    const dangling = join(folder, "dangling.yaml");
    symlinkSync(join(folder, "gone.yaml"), dangling);
    expect(findConfig(undefined, dangling)).toMatchObject({ config: undefined, code: "CONFIG_MISSING" });
    expect(findConfig(undefined, folder)).toMatchObject({ config: undefined, code: "CONFIG_MISSING" });
  });
});
