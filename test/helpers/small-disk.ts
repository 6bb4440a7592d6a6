// A file system of its own for a test file, as small as it says.

import { afterAll } from "bun:test";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @param size as mount(8) takes it.
 * @returns its folder; undefined where nothing may be mounted.
 */
export function mountSmall(size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "aod-test-"));
  const { exitCode } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${size}`, "aod-test", folder]);
  afterAll(() => {
    // The open folder of the test keeps it busy.
    Bun.spawnSync(["umount", "--lazy", folder]);
    rmdirSync(folder);
  });
  return exitCode === 0 ? folder : undefined;
}
