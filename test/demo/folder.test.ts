import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demoFolder } from "../../src/demo/folder.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;

describe("the demo's folder", () => {
  test("is created for its owner only, and is the same at the next run", () => {
    const parent = tempDir();
    const folder = demoFolder(parent);
    expect(folder).toBe(join(parent, "aod-demo"));
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    expect(demoFolder(parent)).toBe(folder);
  });

  test.each([
    ["a symbolic link", (path: string, elsewhere: string) => symlinkSync(elsewhere, path)],
    ["a dangling link", (path: string) => symlinkSync("/nonexistent", path)],
    ["a file", (path: string) => writeFileSync(path, "")],
    [
      "a folder that is writable for other users",
      (path: string) => {
        mkdirSync(path);
        chmodSync(path, 0o777);
      },
    ],
  ])("is another folder if its name is taken by %s, which is not changed", (_, take) => {
    const [parent, elsewhere] = [tempDir(), tempDir()];
    const usual = join(parent, "aod-demo");
    take(usual, elsewhere);
    const before = lstatSync(usual);
    const folder = demoFolder(parent);
    expect(folder).toMatch(/\/aod-demo-\w+$/);
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(lstatSync(usual)).toEqual(before);
  });

  test.skipIf(!isRoot)("is another folder if another user owns it (a test for root)", () => {
    const parent = tempDir();
    mkdirSync(join(parent, "aod-demo"), { mode: 0o700 });
    chownSync(join(parent, "aod-demo"), 12345, 12345);
    expect(demoFolder(parent)).toMatch(/\/aod-demo-\w+$/);
  });
});
