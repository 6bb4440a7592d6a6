import { describe, expect, test } from "bun:test";
import { lstatSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PartialCapture, removeLeftovers, requireSpace } from "../../src/packer/partial-capture.ts";
import { openBatchesFolder } from "../../src/system/batches-folder.ts";
import { mountSmall } from "../helpers/small-disk.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const EPOCH_MS = Date.parse("2026-11-23T01:23:45.678Z");
const CAPTURE = "aod_20261123T012345.678Z_slow.tar.zst";
const SECOND = "aod_20261123T012345.678Z-2_slow.tar.zst";

function aFolder(outputDir = tempDir()) {
  const folder = openBatchesFolder(outputDir);
  const path = join(outputDir, "batches");
  const reserve = () => PartialCapture.reserve(folder, EPOCH_MS, "slow");
  return { folder, path, reserve, files: () => readdirSync(path).sort() };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "no error";
}

describe("a capture that is being written", () => {
  test("is hidden until it is complete, then private and under its final name", () => {
    const { path, reserve, files } = aFolder();
    const partial = reserve();
    partial.write(new Uint8Array([1, 2, 3]));
    expect(files()).toEqual([".aod_20261123T012345.678Z_slow.partial"]);
    expect(partial.publish()).toEqual({ name: CAPTURE, bytes: 3 });
    expect(files()).toEqual([CAPTURE]);
    const { mode, nlink } = lstatSync(join(path, CAPTURE));
    expect([mode & 0o777, nlink]).toEqual([0o600, 1]);
    expect([...readFileSync(join(path, CAPTURE))]).toEqual([1, 2, 3]);
    partial.discard();
    expect(files()).toEqual([CAPTURE]);
  });

  test("can replace a stored capture, or leaves it as it is", () => {
    const { path, reserve, files } = aFolder();
    reserve().publish();
    const [refused, taken] = [reserve(), reserve()];
    for (const partial of [refused, taken]) {
      partial.allocate(4096);
      partial.write(new Uint8Array([1, 2]));
    }
    expect(refused.replace(() => "EBUSY")).toBe("EBUSY");
    refused.discard();
    expect(readFileSync(join(path, CAPTURE)).length).toBe(0);
    expect(taken.replace((file) => renameSync(file.path, join(path, CAPTURE)) as undefined)).toBeUndefined();
    taken.discard();
    expect(files()).toEqual([CAPTURE]);
    expect([...readFileSync(join(path, CAPTURE))]).toEqual([1, 2]);
  });

  test("leaves no file behind when it is discarded", () => {
    const { reserve, files } = aFolder();
    const partial = reserve();
    partial.write(new Uint8Array(100));
    partial.discard();
    partial.discard();
    expect(files()).toEqual([]);
  });

  test("takes the next name if the first is taken by a capture, a capture being written or a dangling link", () => {
    const { path, reserve, files } = aFolder();
    const first = reserve();
    const second = reserve();
    expect(second.stem).toBe("aod_20261123T012345.678Z-2_slow");
    first.publish();
    second.publish();
    symlinkSync("/nonexistent", join(path, "aod_20261123T012345.678Z-3_slow.tar.zst"));
    expect(reserve().stem).toBe("aod_20261123T012345.678Z-4_slow");
    expect(files().filter((name) => !name.startsWith("."))).toHaveLength(3);
  });

  test("overwrites no file that was created in the meantime", () => {
    const { path, reserve, files } = aFolder();
    const partial = reserve();
    writeFileSync(join(path, CAPTURE), "theirs");
    expect(codeOf(() => partial.publish())).toBe("CAPTURE_WRITE");
    partial.discard();
    expect(files()).toEqual([CAPTURE]);
    expect(readFileSync(join(path, CAPTURE), "utf8")).toBe("theirs");
  });

  test("follows no symbolic link that was put in its place", () => {
    const { path, reserve } = aFolder();
    const outside = join(tempDir(), "outside");
    symlinkSync(outside, join(path, ".aod_20261123T012345.678Z_slow.partial"));
    const partial = reserve();
    expect(partial.publish().name).toBe(SECOND);
    expect(lstatSync(outside, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe("the leftovers of a crash", () => {
  test("are removed, and no other file is", () => {
    const { folder, path, files } = aFolder();
    const others = [CAPTURE, ".hidden", ".aod_quick.partial", "aod_20261123T012345.678Z_slow.partial"];
    for (const file of [...others, ".aod_20261123T012345.678Z_slow.partial"])
      writeFileSync(join(path, file), "");
    const outside = join(tempDir(), "outside");
    writeFileSync(outside, "precious");
    symlinkSync(outside, join(path, ".aod_20261123T012345.678Z-2_slow.partial"));
    expect(removeLeftovers(folder)).toBe(2);
    expect(files()).toEqual(others.toSorted());
    expect(readFileSync(outside, "utf8")).toBe("precious");
  });
});

describe("the disk", () => {
  test("has enough space, or the failure is DISK_FULL", () => {
    const { folder } = aFolder();
    expect(() => requireSpace(folder, 1, 0)).not.toThrow();
    expect(codeOf(() => requireSpace(folder, 2 ** 60, 0))).toBe("DISK_FULL");
    expect(codeOf(() => requireSpace(folder, 0, 2 ** 60))).toBe("DISK_FULL");
  });

  test("gets back the space that a capture has not used", () => {
    const { path, reserve } = aFolder();
    const partial = reserve();
    partial.allocate(10_000_000);
    partial.write(new Uint8Array(1000));
    const { size, blocks } = lstatSync(join(path, partial.publish().name));
    expect(size).toBe(1000);
    expect(blocks * 512).toBeLessThan(1_000_000);
  });

  const small = mountSmall("64k");
  test.skipIf(small === undefined)(
    "that has no room is DISK_FULL before the first byte (a test for root)",
    () => {
      const { path, reserve } = aFolder(small);
      const partial = reserve();
      expect(codeOf(() => partial.allocate(200_000))).toBe("DISK_FULL");
      expect(lstatSync(join(path, ".aod_20261123T012345.678Z_slow.partial")).size).toBe(0);
      partial.discard();
    },
  );

  test.skipIf(small === undefined)(
    "that fills up while writing is DISK_FULL, and nothing is left (a test for root)",
    () => {
      const { reserve, files } = aFolder(small);
      const partial = reserve();
      expect(codeOf(() => partial.write(new Uint8Array(200_000)))).toBe("DISK_FULL");
      partial.discard();
      expect(files()).toEqual([]);
    },
  );
});
