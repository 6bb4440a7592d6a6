import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelLogFinding } from "../../src/doctor/kernel-log.ts";
import { tempDir } from "../helpers/temp-dir.ts";

test("a readable kernel log is ok, and an unreadable one is a warning with what to do", () => {
  const path = join(tempDir(), "kmsg");
  expect(kernelLogFinding(path)).toMatchObject({
    severity: "warn",
    found: expect.stringContaining("ENOENT"),
  });
  writeFileSync(path, "");
  expect(kernelLogFinding(path).severity).toBe("ok");
});
