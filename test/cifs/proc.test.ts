import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDebugData, readStack, readWchan } from "../../src/cifs/proc.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("readDebugData", () => {
  test("gives the whole text", () => {
    const path = join(tempDir(), "DebugData");
    const text = "Display Internal CIFS Data Structures for Debugging\n".repeat(5000);
    writeFileSync(path, text);
    expect(readDebugData(path)).toEqual({ text, truncated: false });
  });

  test("stops at its cap and says so", () => {
    const path = join(tempDir(), "DebugData");
    writeFileSync(path, Buffer.alloc((4 << 20) + 1, "x"));
    const { text, truncated } = readDebugData(path) ?? { text: "", truncated: false };
    expect([text.length, truncated]).toEqual([4 << 20, true]);
  });

  test("is undefined where cifs is not loaded", () => {
    expect(readDebugData(join(tempDir(), "DebugData"))).toBeUndefined();
  });

  test("follows no symbolic link", () => {
    const folder = tempDir();
    writeFileSync(join(folder, "real"), "secret");
    symlinkSync(join(folder, "real"), join(folder, "DebugData"));
    expect(() => readDebugData(join(folder, "DebugData"))).toThrow("ELOOP");
  });
});

describe("readWchan", () => {
  test("gives the name that the kernel gives", () => {
    const proc = tempDir();
    mkdirSync(join(proc, "77"));
    writeFileSync(join(proc, "77", "wchan"), "wait_for_response");
    expect(readWchan(77, proc)).toBe("wait_for_response");
  });

  test("is undefined for a task that is no more", () => {
    expect(readWchan(77, tempDir())).toBeUndefined();
  });

  test("says something of ourselves", () => {
    expect(readWchan(process.pid)).toBeString();
  });
});

describe("readStack", () => {
  test("gives the lines that the kernel gives, undefined for a task that is no more", () => {
    const proc = tempDir();
    mkdirSync(join(proc, "77"));
    writeFileSync(join(proc, "77", "stack"), "[<0>] wait_for_response+0x7d/0x110 [cifs]\n");
    expect(readStack(77, proc)).toBe("[<0>] wait_for_response+0x7d/0x110 [cifs]\n");
    expect(readStack(78, proc)).toBeUndefined();
  });

  test("says something of ourselves", () => {
    expect(readStack(process.pid)).toBeString();
  });
});
