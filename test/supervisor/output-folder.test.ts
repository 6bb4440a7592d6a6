import { describe, expect, test } from "bun:test";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AodError } from "../../src/model/failure.ts";
import { claimOutputFolder } from "../../src/supervisor/output-folder.ts";
import { tempDir } from "../helpers/temp-dir.ts";

function refusalOf(outputDir: string): AodError | undefined {
  try {
    claimOutputFolder(outputDir)();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AodError) return thrown;
    throw thrown;
  }
}

describe("the output folder", () => {
  test("is made with all that is missing above it, for its owner only", () => {
    const folder = join(tempDir(), "a", "b");
    expect(refusalOf(folder)).toBeUndefined();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "batches")).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "aod.lock")).mode & 0o777).toBe(0o600);
  });

  test("is one aod's at a time, and the other is told whose", () => {
    const folder = tempDir();
    const release = claimOutputFolder(folder);
    expect(refusalOf(folder)).toMatchObject({
      code: "ALREADY_RUNNING",
      message: expect.stringContaining(`pid ${process.pid}`),
    });
    release();
    expect(refusalOf(folder)).toBeUndefined();
  });

  test("is refused where a file stands in its place", () => {
    const path = join(tempDir(), "file");
    writeFileSync(path, "");
    expect(refusalOf(path)?.code).toBe("OUTPUT_UNUSABLE");
  });

  test("does not follow a link to a lock somewhere else", () => {
    const folder = tempDir();
    const victim = join(tempDir(), "victim");
    writeFileSync(victim, "precious");
    symlinkSync(victim, join(folder, "aod.lock"));
    expect(refusalOf(folder)?.code).toBe("OUTPUT_UNUSABLE");
    expect(Bun.file(victim).size).toBe(8);
  });

  test("does not follow a link in the place of the captures' folder", () => {
    const folder = tempDir();
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(folder, "batches"));
    expect(refusalOf(folder)?.code).toBe("OUTPUT_UNUSABLE");
  });
});
