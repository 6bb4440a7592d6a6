import { describe, expect, test } from "bun:test";
import { chmodSync, lchownSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBatchesFolder } from "../../src/system/batches-folder.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "no error";
}

describe("the folder of captures", () => {
  test("is made, for its owner only", () => {
    const outputDir = join(tempDir(), "a/b");
    const folder = openBatchesFolder(outputDir);
    expect(statSync(join(outputDir, "batches")).mode & 0o777).toBe(0o700);
    expect(statSync(outputDir).mode & 0o777).toBe(0o700);
    folder.close();
    folder.close();
  });

  test("is closed to other users if it was open to them", () => {
    const outputDir = tempDir();
    mkdirSync(join(outputDir, "batches"));
    chmodSync(join(outputDir, "batches"), 0o777);
    openBatchesFolder(outputDir).close();
    expect(statSync(join(outputDir, "batches")).mode & 0o777).toBe(0o700);
  });

  test("stays the folder that was opened, even if another one takes its path later", () => {
    const outputDir = tempDir();
    const folder = openBatchesFolder(outputDir);
    renameSync(join(outputDir, "batches"), join(outputDir, "moved"));
    symlinkSync("/nonexistent", join(outputDir, "batches"));
    writeFileSync(`${folder.path}/file`, "");
    expect(statSync(join(outputDir, "moved/file")).isFile()).toBe(true);
    folder.close();
  });

  test("is refused as a symbolic link", () => {
    const outputDir = tempDir();
    symlinkSync(tempDir(), join(outputDir, "batches"));
    expect(codeOf(() => openBatchesFolder(outputDir))).toBe("OUTPUT_UNUSABLE");
  });

  test("is refused as a file", () => {
    const outputDir = tempDir();
    writeFileSync(join(outputDir, "batches"), "");
    expect(codeOf(() => openBatchesFolder(outputDir))).toBe("OUTPUT_UNUSABLE");
  });

  test.skipIf(!isRoot)("is refused if another user owns it (a test for root)", () => {
    const outputDir = tempDir();
    mkdirSync(join(outputDir, "batches"));
    lchownSync(join(outputDir, "batches"), 12345, 12345);
    expect(codeOf(() => openBatchesFolder(outputDir))).toBe("OUTPUT_UNUSABLE");
  });
});
