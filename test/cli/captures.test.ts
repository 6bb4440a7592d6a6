import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import type { CaptureRow } from "../../src/cli/capture-rows.ts";
import { captureRows } from "../../src/cli/capture-rows.ts";
import { agoText, captureColumns, sumText } from "../../src/cli/captures.ts";
import { extractCapture } from "../../src/cli/captures-extract.ts";
import { findNeeded } from "../../src/cli/captures-rm.ts";
import { shortIds } from "../../src/cli/choose-capture.ts";
import { fittingLines } from "../../src/cli/table.ts";
import type { StoredCapture } from "../../src/model/capture.ts";
import { CAPTURE_SUFFIX, captureStem } from "../../src/model/capture-name.ts";
import { fileFailure } from "../../src/model/file-failure.ts";
import { ASCII } from "../../src/top/glyphs.ts";
import { plainText } from "../../src/top/line.ts";
import { failureOf } from "../helpers/failure.ts";
import { OPENED_AT_MS } from "../helpers/incident.ts";
import { tempDir } from "../helpers/temp-dir.ts";

function stored(parts: Partial<StoredCapture> = {}): StoredCapture {
  const name = { epochMs: OPENED_AT_MS, ordinal: 1, rule: "slow", ...parts };
  return { fileName: captureStem(name) + CAPTURE_SUFFIX, bytes: 1 << 20, isPinned: false, ...name };
}

function linesOf(rows: readonly CaptureRow[], nowMs: number, room = Infinity): readonly string[] {
  const ids = shortIds(rows.map(({ capture }) => capture));
  return fittingLines(captureColumns(rows, ids, nowMs), room, ASCII).map(plainText);
}

describe("the list", () => {
  test("has a line for each capture, with a dash for an unknown value, and a line with the sum", async () => {
    const captures = [
      stored({ rule: "other", isPinned: true }),
      stored(),
      stored({ epochMs: OPENED_AT_MS - 60_000 }),
    ];
    const manifests = [
      { share: "//x\u001b[2J", verdict: { cause: "network", confidence: 0.8, because: [] } },
      { share: null, verdict: { cause: "unknown", confidence: 0, because: [] } },
      { share: "//a/b" },
    ];
    const rows = await captureRows(
      captures,
      [],
      (name) => name,
      () => Promise.resolve(manifests.shift() ?? {}),
    );
    expect(linesOf(rows, OPENED_AT_MS + 60_000)).toEqual([
      "ID                          TAKEN (UTC)     AGE        SIZE   RULE   VERDICT       PINNED  SHARE",
      "20261123T012345.678Z_other  11-23 01:23:45  1 min ago  1 MiB  other  network 0.80  pinned  //x\\u001b[2J",
      "20261123T012345.678Z_slow   11-23 01:23:45  1 min ago  1 MiB  slow   unknown               -",
      "20261123T012245.678Z        11-23 01:22:45  2 min ago  1 MiB  slow   -                     //a/b",
    ]);
    expect(linesOf(rows, OPENED_AT_MS + 60_000, 80)).toEqual([
      "ID                          AGE        RULE   VERDICT       SHARE",
      "20261123T012345.678Z_other  1 min ago  other  network 0.80  //x\\u001b[2J",
      "20261123T012345.678Z_slow   1 min ago  slow   unknown       -",
      "20261123T012245.678Z        2 min ago  slow   -             //a/b",
    ]);
    expect(sumText(captures)).toBe("3 captures, 3 MiB; aod captures show ID, or latest");
  });

  test("shows why a capture can't be read: one that was removed meanwhile is not damaged", async () => {
    const rows = await captureRows(
      [stored()],
      [],
      (name) => name,
      () => Promise.reject(fileFailure("open x", "ENOENT", { code: "NOT_FOUND" })),
    );
    expect(linesOf(rows, OPENED_AT_MS)[1]).toMatch(/ slow +gone +-$/);
  });

  test("shows no age below zero", () => {
    expect([agoText(-5000), agoText(999), agoText(3_600_000)]).toEqual(["just now", "just now", "1 h ago"]);
  });
});

describe("captures that must not be removed without --force", () => {
  const capture = stored();
  const facts = (isOpen: boolean) =>
    new Map([[capture.fileName, { incidentId: "i1", share: undefined, isOpen, verdict: undefined }]]);

  test.each([
    ["a pinned capture", stored({ isPinned: true }), facts(false), ["is pinned"]],
    ["one of an open incident", capture, facts(true), ["belongs to incident i1, which is open"]],
    ["both", stored({ isPinned: true }), facts(true), ["is pinned", "is open"]],
    ["one whose incident is over", capture, facts(false), []],
    ["one that the history does not know", capture, new Map(), []],
  ] as const)("%s", (_, one, known, reasons) => {
    expect(findNeeded([one], known)).toEqual(reasons.map((reason) => expect.stringContaining(reason)));
  });
});

function makeOpen(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o777);
}

describe("extracting", () => {
  const files = new Map(
    ["manifest.json", "actions/a.log", "actions/b.log"].map(
      (path) => [path, new TextEncoder().encode(path)] as const,
    ),
  );

  test("writes the files for their owner alone, whatever the umask", () => {
    const target = join(tempDir(), "out");
    const umask = process.umask(0);
    extractCapture({ files }, target);
    process.umask(umask);
    for (const path of files.keys()) {
      expect(readFileSync(join(target, path), "utf8")).toBe(path);
      expect(statSync(join(target, path)).mode & 0o777).toBe(0o600);
    }
    for (const folder of [target, join(target, "actions")]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("accepts a file system with its own modes, if no other user may write", () => {
    const target = join(tempDir(), "stick");
    extractCapture({ files }, target, (path) => mkdirSync(path, { mode: 0o755 }));
    expect(readFileSync(join(target, "manifest.json"), "utf8")).toBe("manifest.json");
  });

  test.each(["a folder", "a link to one", "a link to nothing"])("refuses %s that exists already", (what) => {
    const folder = tempDir();
    const target = join(folder, "out");
    if (what === "a folder") mkdirSync(target);
    else symlinkSync(what === "a link to one" ? folder : join(folder, "gone"), target);
    expect(failureOf(() => extractCapture({ files }, target))).toMatchObject({
      code: "OUTPUT_UNUSABLE",
      message: expect.stringContaining("name a new folder"),
    });
  });

  test.each([
    ["a link to a folder", (path: string, elsewhere: string) => symlinkSync(elsewhere, path), "ENOTDIR"],
    ["a folder that others may write to", (path: string) => makeOpen(path), "others may write there"],
  ] as const)(
    "refuses %s that another user has put in the place of the new folder",
    (_, replace, message) => {
      const folder = tempDir();
      const elsewhere = join(folder, "elsewhere");
      mkdirSync(elsewhere);
      const act = () => extractCapture({ files }, join(folder, "out"), (path) => replace(path, elsewhere));
      expect(failureOf(act)).toMatchObject({
        code: "OUTPUT_UNUSABLE",
        message: expect.stringContaining(message),
      });
      expect(readdirSync(elsewhere)).toEqual([]);
    },
  );

  test("continues in the folder that it has created, even if another takes its name", () => {
    const folder = tempDir();
    const [target, moved, elsewhere] = ["out", "moved", "elsewhere"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(join(elsewhere, "actions"), { recursive: true });
    const renaming = Object.assign(new Map(files), {
      *[Symbol.iterator]() {
        for (const file of files) {
          yield file;
          if (!existsSync(moved)) {
            renameSync(target, moved);
            symlinkSync(elsewhere, target);
          }
        }
      },
    });
    extractCapture({ files: renaming }, target);
    for (const path of files.keys()) expect(readFileSync(join(moved, path), "utf8")).toBe(path);
    expect(readdirSync(join(elsewhere, "actions"))).toEqual([]);
  });

  test("reports a missing parent folder", () => {
    expect(failureOf(() => extractCapture({ files }, join(tempDir(), "gone/out")))).toMatchObject({
      code: "OUTPUT_UNUSABLE",
      message: expect.stringContaining("ENOENT"),
    });
  });
});
