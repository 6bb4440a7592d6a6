import { describe, expect, test } from "bun:test";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeLock } from "../../src/system/lock.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("a lock file", () => {
  test("has one holder at a time and names it", () => {
    const path = join(tempDir(), "lock");
    const first = takeLock(path);
    expect(first.locked).toBe(true);
    expect(takeLock(path)).toEqual({ locked: false, holderPid: process.pid });
    if (first.locked) first.release();
    const again = takeLock(path);
    expect(again.locked).toBe(true);
    if (again.locked) again.release();
  });

  test("holds this pid alone, whatever a longer one before it had written", () => {
    const path = join(tempDir(), "lock");
    writeFileSync(path, "99999999999999\n");
    const lock = takeLock(path);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    if (lock.locked) lock.release();
  });

  test("is not looked for behind a symbolic link", () => {
    const folder = tempDir();
    symlinkSync(join(folder, "target"), join(folder, "lock"));
    expect(() => takeLock(join(folder, "lock"))).toThrow("ELOOP");
  });
});
