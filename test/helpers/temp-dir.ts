// A folder of its own for a test, gone when the test file is done.

import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function tempDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "aod-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
