import { describe, expect, test } from "bun:test";
import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { allocate } from "../../src/system/allocate.ts";
import { tempDir } from "../helpers/temp-dir.ts";

function withFile(path: string, act: (fd: number) => void): void {
  const fd = openSync(path, "w");
  try {
    act(fd);
  } finally {
    closeSync(fd);
  }
}

const blockBytes = (fd: number) => fstatSync(fd).blocks * 512;

describe("room for a file", () => {
  test("is set aside without a change of its size, and goes back when it is cut", () => {
    withFile(join(tempDir(), "file"), (fd) => {
      const answer = allocate(fd, 1_000_000);
      // Whether it can is the file system's affair.
      if (answer === "unsupported") return;
      expect(answer).toBe("allocated");
      expect(fstatSync(fd).size).toBe(0);
      expect(blockBytes(fd)).toBeGreaterThanOrEqual(1_000_000);
      ftruncateSync(fd, 0);
      expect(blockBytes(fd)).toBeLessThan(1_000_000);
    });
  });

  test("is refused where there is not that much", () => {
    withFile(join(tempDir(), "file"), (fd) => expect(allocate(fd, 2 ** 60)).not.toBe("allocated"));
  });

  test("of nothing needs nothing", () => {
    withFile(join(tempDir(), "file"), (fd) => expect(allocate(fd, 0)).toBe("allocated"));
  });

  test("is not known beforehand where the file system can't say", () => {
    withFile("/proc/self/comm", (fd) => expect(allocate(fd, 1)).toBe("unsupported"));
  });

  test("of what is no file is an error with its name", () => {
    expect(() => allocate(-1, 1)).toThrow("EBADF");
  });
});
