import { describe, expect, test } from "bun:test";
import { chmodSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TarEntry, tarChunks, totalBytes } from "../../src/packer/tar.ts";
import { seeded } from "../helpers/random.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { untar } from "../helpers/untar.ts";

const NAME = "aod_20261123T012345.678Z_slow";
const EPOCH_MS = Date.parse("2026-11-23T01:23:45.678Z");
const encode = (text: string) => new TextEncoder().encode(text);

function anArchive(entries: readonly TarEntry[], name = NAME): Uint8Array {
  return Buffer.concat([...tarChunks({ name, epochMs: EPOCH_MS, entries })]);
}

describe("a tar archive", () => {
  test("holds one private folder, its folders and its files", () => {
    const entries = [
      { path: "manifest.json", chunks: [encode("{}")] },
      { path: "actions/dmesg.log", chunks: [encode("one "), encode("two")] },
      { path: "actions/stats.log", chunks: [] },
    ];
    const [mtimeSec, file, folder] = [
      1795397025,
      { mode: 0o600, isFolder: false },
      { mode: 0o700, isFolder: true },
    ];
    expect(untar(anArchive(entries))).toEqual([
      { path: `${NAME}/`, ...folder, mtimeSec, text: "" },
      { path: `${NAME}/manifest.json`, ...file, mtimeSec, text: "{}" },
      { path: `${NAME}/actions/`, ...folder, mtimeSec, text: "" },
      { path: `${NAME}/actions/dmesg.log`, ...file, mtimeSec, text: "one two" },
      { path: `${NAME}/actions/stats.log`, ...file, mtimeSec, text: "" },
    ]);
  });

  test("is read back as it was written, whatever the sizes of its files", () => {
    const random = seeded();
    for (let round = 0; round < 100; round++) {
      const files = Array.from({ length: random.int(0, 6) }, (_, index) => ({
        path: `file-${index}`,
        text: "x".repeat(random.pick([0, 1, 511, 512, 513, 1024, random.int(0, 5000)])),
      }));
      const archive = anArchive(files.map(({ path, text }) => ({ path, chunks: [encode(text)] })));
      const read = untar(archive).slice(1);
      expect(
        read.map(({ path, text }) => ({ path: path.slice(NAME.length + 1), text })),
        random.seedText,
      ).toEqual(files);
    }
  });

  test("accepts the longest names of captures, and refuses longer ones", () => {
    const name = `aod_20261123T012345.678Z-9999_${"r".repeat(64)}`;
    expect(untar(anArchive([{ path: "requests.csv", chunks: [] }], name))[1]?.path).toBe(
      `${name}/requests.csv`,
    );
    expect(() => anArchive([{ path: "p".repeat(101), chunks: [] }])).toThrow(RangeError);
  });

  // GNU tar is the reader that people will use.
  const tar = Bun.which("tar");
  test.skipIf(tar === null)("is what tar(1) reads: names, modes, owner, bytes", () => {
    const folder = tempDir();
    const path = join(folder, "a.tar");
    const text = "line\n".repeat(1000);
    writeFileSync(path, anArchive([{ path: "actions/dmesg.log", chunks: [encode(text)] }]));
    const run = (...args: string[]) => {
      const { stdout, stderr, exitCode } = Bun.spawnSync([tar ?? "", ...args], {
        env: { TZ: "UTC", LC_ALL: "C" },
      });
      expect([stderr.toString(), exitCode]).toEqual(["", 0]);
      return stdout.toString();
    };
    expect(run("-tvf", path).trim().split("\n")).toEqual([
      `drwx------ root/root         0 2026-11-23 01:23 ${NAME}/`,
      `drwx------ root/root         0 2026-11-23 01:23 ${NAME}/actions/`,
      `-rw------- root/root      5000 2026-11-23 01:23 ${NAME}/actions/dmesg.log`,
    ]);
    chmodSync(folder, 0o755);
    run("-xf", path, "-C", folder, "--no-same-owner");
    expect(readFileSync(join(folder, NAME, "actions/dmesg.log"), "utf8")).toBe(text);
    expect(lstatSync(join(folder, NAME)).mode & 0o777).toBe(0o700);
  });
});

describe("totalBytes", () => {
  test("adds up", () => {
    expect(totalBytes([])).toBe(0);
    expect(totalBytes([new Uint8Array(3), new Uint8Array(4)])).toBe(7);
  });
});
