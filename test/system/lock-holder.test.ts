import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeLock } from "../../src/system/lock.ts";
import { holderIn, type LockedFile, lockHolder } from "../../src/system/lock-holder.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const LOCKS = `1: OFDLCK ADVISORY  READ -1 fe:00:77 201 201
2: POSIX  ADVISORY  WRITE 11 fe:00:77 0 EOF
3: FLOCK  ADVISORY  WRITE 12 fe:00:78 0 EOF
4: FLOCK  ADVISORY  WRITE 13 fe:01:79 0 EOF
4: -> FLOCK  ADVISORY  WRITE 14 fe:01:79 0 EOF
5: FLOCK  ADVISORY  READ  15 103:100000:80 0 EOF
`;

const aFile = (parts: Partial<LockedFile>): LockedFile => ({
  device: 0xfe00n,
  inode: 78n,
  writtenPid: 1,
  ...parts,
});

describe("the holder of a file's lock", () => {
  test.each([
    ["is who the list has for its device and inode", aFile({}), 12],
    ["is none if the list has only locks of other kinds", aFile({ inode: 77n }), "none"],
    ["is not who waits for it", aFile({ device: 0xfe01n, inode: 79n }), 13],
    [
      "is found on a device with large numbers",
      aFile({ device: (0x100000n << 12n) | (0x103n << 8n), inode: 80n }),
      15,
    ],
    ["is none if a file of another device has the same inode", aFile({ device: 0x2bn }), "none"],
    [
      "is who has written his pid, where the devices differ (btrfs)",
      aFile({ device: 0x2bn, writtenPid: 12 }),
      12,
    ],
    [
      "is not told where they differ and the file can't be read",
      aFile({ device: 0x2bn, writtenPid: undefined }),
      "unknown",
    ],
  ] as const)("%s", (_, file, holder) => {
    expect(holderIn(LOCKS, file)).toBe(holder);
  });

  test("is found for a real lock, which stays as it is", () => {
    const path = join(tempDir(), "lock");
    expect(lockHolder(path)).toBe("none");
    const lock = takeLock(path);
    expect(lockHolder(path)).toBe(process.pid);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    if (lock.locked) lock.release();
    expect(lockHolder(path)).toBe("none");
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  });

  test("is unknown if the file can't be read", () => {
    const path = join(tempDir(), "file");
    writeFileSync(path, "");
    expect(lockHolder(join(path, "lock"))).toBe("unknown");
  });
});
