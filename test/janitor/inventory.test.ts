import { describe, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  listCaptures,
  pinCapture,
  removeCapture,
  replaceCapture,
  rotateHistory,
  sweep,
} from "../../src/janitor/inventory.ts";
import { openBatchesFolder } from "../../src/system/batches-folder.ts";
import { tryLock } from "../../src/system/lock.ts";
import { aged } from "../helpers/aged.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const CAPTURE = "aod_20261123T012345.678Z_slow.tar.zst";
/** The newest capture, which always stays. */
const NEWEST = "aod_20261123T012346.000Z_slow.tar.zst";
const NOW_MS = Date.parse("2026-11-23T12:00:00Z");

function aFolder() {
  const outputDir = tempDir();
  const folder = openBatchesFolder(outputDir);
  return { folder, path: join(outputDir, "batches") };
}

/** A file that is to replace a capture. */
function aFinished(path: string) {
  const finished = join(path, ".aod_20261123T012345.678Z-2_slow.partial");
  writeFileSync(finished, "clean", { mode: 0o600 });
  return { path: finished, fd: openSync(finished, "r+") };
}

describe("the inventory", () => {
  test("lists captures with their sizes", () => {
    const { folder, path } = aFolder();
    writeFileSync(join(path, CAPTURE), "12345");
    expect(listCaptures(folder)).toEqual([
      {
        epochMs: Date.parse("2026-11-23T01:23:45.678Z"),
        ordinal: 1,
        rule: "slow",
        fileName: CAPTURE,
        bytes: 5,
        isPinned: false,
      },
    ]);
  });

  test("a pinned capture stays in a sweep, and is removed by one when it is unpinned", () => {
    const { folder, path } = aFolder();
    for (const day of [1, 2, 3])
      writeFileSync(join(path, `aod_2026110${day}T000000.000Z_slow.tar.zst`), "12345");
    const first = "aod_20261101T000000.000Z_slow.tar.zst";
    expect(pinCapture(folder, first, true)).toBeUndefined();
    expect(statSync(join(path, first)).mode & 0o777).toBe(0o400);
    expect(listCaptures(folder).filter(({ isPinned }) => isPinned)).toMatchObject([{ fileName: first }]);

    const limits = { intervalMs: 1, maxAgeMs: 1, maxTotalBytes: 4 };
    expect(sweep(folder, aged(listCaptures(folder)), limits, [])).toMatchObject({
      overBytes: 1,
      storedCount: 2,
    });
    const last = "aod_20261103T000000.000Z_slow.tar.zst";
    expect(readdirSync(path).sort()).toEqual([first, last]);
    expect(pinCapture(folder, first, false)).toBeUndefined();
    expect(statSync(join(path, first)).mode & 0o777).toBe(0o600);
    expect(sweep(folder, aged(listCaptures(folder)), limits, [])).toMatchObject({
      overBytes: 0,
      storedCount: 1,
    });
  });

  test("a capture that is pinned after the sweep has listed it stays too", () => {
    const { folder, path } = aFolder();
    for (const name of [CAPTURE, NEWEST]) writeFileSync(join(path, name), "12345");
    const limits = { intervalMs: 1, maxAgeMs: 1, maxTotalBytes: 1 };
    const swept = sweep(folder, aged(listCaptures(folder)), limits, [], (where, name) => {
      pinCapture(where, name, true);
      return removeCapture(where, name);
    });
    expect(swept).toMatchObject({ removals: [], undeletable: [{ name: CAPTURE, reason: "EBUSY" }] });
    expect(readdirSync(path).sort()).toEqual([CAPTURE, NEWEST]);
    expect(removeCapture(folder, CAPTURE, true)).toBeUndefined();
    expect(pinCapture(folder, CAPTURE, true)).toBe("ENOENT");
  });

  test("a capture is replaced in one step, and a pinned one stays pinned", () => {
    const { folder, path } = aFolder();
    writeFileSync(join(path, CAPTURE), "12345");
    const original = statSync(join(path, CAPTURE));
    pinCapture(folder, CAPTURE, true);
    const finished = aFinished(path);
    expect(replaceCapture(folder, CAPTURE, original, finished)).toBeUndefined();
    expect(readdirSync(path)).toEqual([CAPTURE]);
    expect(readFileSync(join(path, CAPTURE), "utf8")).toBe("clean");
    expect(statSync(join(path, CAPTURE)).mode & 0o777).toBe(0o400);
  });

  test("a capture that was removed, replaced or locked meanwhile is not replaced", () => {
    const { folder, path } = aFolder();
    writeFileSync(join(path, CAPTURE), "12345");
    const original = statSync(join(path, CAPTURE));
    const finished = aFinished(path);
    const fd = openSync(join(path, CAPTURE), "r");
    expect(tryLock(fd, CAPTURE)).toBe(true);
    expect(replaceCapture(folder, CAPTURE, original, finished)).toBe("EBUSY");
    closeSync(fd);
    expect(replaceCapture(folder, CAPTURE, { ...original, ino: original.ino + 1 }, finished)).toBe("ENOENT");
    removeCapture(folder, CAPTURE);
    expect(replaceCapture(folder, CAPTURE, original, finished)).toBe("ENOENT");
    writeFileSync(join(path, CAPTURE), "12345");
    rmSync(finished.path);
    expect(replaceCapture(folder, CAPTURE, statSync(join(path, CAPTURE)), finished)).toBe("ESTALE");
    expect(readFileSync(join(path, CAPTURE), "utf8")).toBe("12345");
  });

  test("a locked capture is neither removed nor pinned, and the call does not wait", () => {
    const { folder, path } = aFolder();
    writeFileSync(join(path, CAPTURE), "12345");
    const fd = openSync(join(path, CAPTURE), "r");
    expect(tryLock(fd, CAPTURE)).toBe(true);
    expect([removeCapture(folder, CAPTURE), pinCapture(folder, CAPTURE, true)]).toEqual(["EBUSY", "EBUSY"]);
    closeSync(fd);
    expect(removeCapture(folder, CAPTURE)).toBeUndefined();
  });

  test("a symbolic link in the place of a capture is not followed", () => {
    const { folder, path } = aFolder();
    const outside = join(tempDir(), "outside");
    writeFileSync(outside, "", { mode: 0o644 });
    symlinkSync(outside, join(path, CAPTURE));
    expect(pinCapture(folder, CAPTURE, true)).toBe("ELOOP");
    expect(statSync(outside).mode & 0o777).toBe(0o644);
  });

  test("ignores links, folders, unfinished captures and other tools' files, and a sweep leaves them alone", () => {
    const { folder, path } = aFolder();
    const outside = join(tempDir(), "outside");
    writeFileSync(outside, "precious");
    symlinkSync(outside, join(path, "aod_20200101T000000.000Z_link.tar.zst"));
    mkdirSync(join(path, "aod_20200101T000000.000Z_folder.tar.zst"));
    writeFileSync(join(path, ".aod_20200101T000000.000Z_slow.partial"), "");
    writeFileSync(join(path, "aod_quick_20200101.tar.zst"), "");
    writeFileSync(join(path, "aod_capture_20200101.tar.zst"), "");
    const before = readdirSync(path);
    expect(listCaptures(folder)).toEqual([]);
    const limits = { intervalMs: 1, maxAgeMs: 0, maxTotalBytes: 0 };
    expect(sweep(folder, aged(listCaptures(folder)), limits, [])).toMatchObject({
      removals: [],
      undeletable: [],
      storedCount: 0,
    });
    expect(readdirSync(path)).toEqual(before);
    expect(existsSync(outside)).toBe(true);
  });

  test("removes captures, and only captures", () => {
    const { folder, path } = aFolder();
    writeFileSync(join(path, CAPTURE), "12345");
    expect(removeCapture(folder, CAPTURE)).toBeUndefined();
    expect(readdirSync(path)).toEqual([]);
    expect(removeCapture(folder, CAPTURE)).toBeUndefined();
    expect(() => removeCapture(folder, "../../etc/passwd")).toThrow(RangeError);
  });

  test("names the errno of a capture that can't be removed", () => {
    const { folder, path } = aFolder();
    // unlink(2) refuses a folder to any user.
    mkdirSync(join(path, CAPTURE));
    expect(removeCapture(folder, CAPTURE)).toMatch(/^E(ISDIR|PERM)$/);
  });

  test("goes on with the others after one that can't be removed, and counts it as stored", () => {
    const { folder, path } = aFolder();
    const [a, b, c] = ["a", "b", "c"].map((rule) => `aod_20200101T000000.000Z_${rule}.tar.zst`) as [
      string,
      string,
      string,
    ];
    for (const file of [a, b, c, NEWEST]) writeFileSync(join(path, file), "12345");
    const limits = { intervalMs: 1, maxAgeMs: 1, maxTotalBytes: 100 };
    const swept = sweep(folder, aged(listCaptures(folder)), limits, [], (where, name) =>
      name === b ? "EROFS" : removeCapture(where, name),
    );
    expect(swept).toMatchObject({
      undeletable: [{ name: b, reason: "EROFS" }],
      storedCount: 2,
      storedBytes: 10,
    });
    expect(swept.removals.map(({ name }) => name)).toEqual([a, c]);
    expect(readdirSync(path).sort()).toEqual([b, NEWEST]);
  });

  test("reports the captures that are stored after a sweep", () => {
    const { folder, path } = aFolder();
    for (const day of [1, 2, 3])
      writeFileSync(join(path, `aod_2026110${day}T000000.000Z_slow.tar.zst`), "12345");
    const swept = sweep(
      folder,
      aged(listCaptures(folder)),
      { intervalMs: 1, maxAgeMs: Infinity, maxTotalBytes: 10 },
      [],
    );
    expect(swept).toMatchObject({ storedCount: 2, storedBytes: 10, undeletable: [] });
    expect(readdirSync(path).sort()).toEqual([
      "aod_20261102T000000.000Z_slow.tar.zst",
      "aod_20261103T000000.000Z_slow.tar.zst",
    ]);
  });
});

describe("the history", () => {
  const LIMIT_BYTES = 4 << 20;
  const NOTHING = { rotated: false, removals: [], undeletable: [] };

  function aHistory(bytes: number, oldBytes?: number) {
    const outputDir = tempDir();
    const [path, old] = ["incidents.jsonl", "incidents.jsonl.1"].map((name) => join(outputDir, name)) as [
      string,
      string,
    ];
    writeFileSync(path, "x".repeat(bytes));
    if (oldBytes !== undefined) writeFileSync(old, "y".repeat(oldBytes));
    return { outputDir, path, old };
  }

  test("stays until it is longer than 4 MiB, and then replaces the old one", () => {
    const { outputDir, path, old } = aHistory(LIMIT_BYTES, 5);
    const limits = { maxAgeMs: 86_400_000 };
    expect(rotateHistory(outputDir, limits, (writtenMs) => Date.now() - writtenMs)).toEqual(NOTHING);
    writeFileSync(path, "x", { flag: "a" });
    expect(rotateHistory(outputDir, limits, (writtenMs) => Date.now() - writtenMs)).toEqual({
      ...NOTHING,
      rotated: true,
    });
    expect([existsSync(path), Bun.file(old).size]).toEqual([false, LIMIT_BYTES + 1]);
    expect(rotateHistory(outputDir, limits, (writtenMs) => Date.now() - writtenMs)).toEqual(NOTHING);
  });

  test("is removed for its age only as the old file", () => {
    const { outputDir, path, old } = aHistory(3, 5);
    for (const file of [path, old]) utimesSync(file, new Date(NOW_MS), new Date(NOW_MS));
    expect(rotateHistory(outputDir, { maxAgeMs: 1000 }, (writtenMs) => NOW_MS + 1000 - writtenMs)).toEqual(
      NOTHING,
    );
    expect(rotateHistory(outputDir, { maxAgeMs: 1000 }, (writtenMs) => NOW_MS + 1001 - writtenMs)).toEqual({
      ...NOTHING,
      removals: [{ name: "incidents.jsonl.1", bytes: 5, reason: "age" }],
    });
    expect(readdirSync(outputDir)).toEqual(["incidents.jsonl"]);
  });

  test("is never removed for its age while the clock is doubted", () => {
    const { outputDir, old } = aHistory(3, 5);
    utimesSync(old, new Date(0), new Date(0));
    expect(rotateHistory(outputDir, { maxAgeMs: 1 }, () => undefined)).toEqual(NOTHING);
  });

  test("that is a link or a folder is left alone, and one that can't be renamed is reported", () => {
    const { outputDir, path, old } = aHistory(LIMIT_BYTES + 1);
    mkdirSync(old);
    expect(rotateHistory(outputDir, { maxAgeMs: 0 }, (writtenMs) => NOW_MS - writtenMs)).toEqual({
      ...NOTHING,
      undeletable: [{ name: "incidents.jsonl", reason: "EISDIR" }],
    });
    const elsewhere = tempDir();
    symlinkSync(path, join(elsewhere, "incidents.jsonl"));
    symlinkSync(path, join(elsewhere, "incidents.jsonl.1"));
    expect(rotateHistory(elsewhere, { maxAgeMs: 0 }, (writtenMs) => Date.now() + 1e9 - writtenMs)).toEqual(
      NOTHING,
    );
  });
});
