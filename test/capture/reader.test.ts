import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { parseCapture, READ_LIMITS, readCapture } from "../../src/capture/reader.ts";
import { PACKED_NAME, packCapture } from "../helpers/packed-capture.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const NAME = PACKED_NAME;
/** A frame as a compressor writes it that reads from a pipe. */
const WITHOUT_SIZE = { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } };
const encode = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");

function aManifest(file: string, content: string): string {
  return JSON.stringify({ schema_version: 1, actions: [{ name: "it", file, sha256: sha256(content) }] });
}

const LOG = "actions/it.log";
const GOOD = packCapture({ "manifest.json": aManifest(LOG, "seen"), "requests.csv": "a,b\n", [LOG]: "seen" });

function damage(message: string) {
  return expect.objectContaining({ code: "CAPTURE_DAMAGED", message: expect.stringContaining(message) });
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a capture", () => {
  test("whose manifest is nested deeper than aod's is damaged: showing it would overflow the stack", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const read = (depth: number) =>
      thrownBy(() => parseCapture(packCapture({ "manifest.json": nested(depth) })));
    expect(read(31)).toBeUndefined();
    expect(read(32)).toEqual(damage("levels deep"));
    expect(read(200_000)).toEqual(damage("levels deep"));
  });

  test("that aod wrote is read back", () => {
    const path = join(tempDir(), `${NAME}.tar.zst`);
    writeFileSync(path, GOOD);
    const { name, files, manifest } = readCapture(path);
    expect(name).toBe(NAME);
    expect([...files.keys()]).toEqual(["manifest.json", "requests.csv", LOG]);
    expect(new TextDecoder().decode(files.get(LOG))).toBe("seen");
    expect(manifest.schema_version).toBe(1);
  });

  test("that was packed again, without a declared size, is read too", () => {
    const archive = Bun.zstdDecompressSync(GOOD);
    expect(parseCapture(zstdCompressSync(archive, WITHOUT_SIZE)).name).toBe(NAME);
  });

  test.each([
    ["an empty file", new Uint8Array(0), "cut short"],
    ["another file", encode("#!/bin/sh\nexit 0\n"), "not compressed with zstd"],
    ["a file that is cut short", GOOD.subarray(0, GOOD.length - 1), "cut short"],
    ["bytes behind the end", Buffer.concat([GOOD, encode("x")]), "something follows"],
    ["two captures in one file", Buffer.concat([GOOD, GOOD]), "something follows"],
    ["a changed byte", GOOD.map((byte, at) => (at === GOOD.length - 9 ? byte ^ 1 : byte)), ""],
    [
      "a changed checksum",
      GOOD.map((byte, at) => (at === GOOD.length - 1 ? byte ^ 1 : byte)),
      "decompressed",
    ],
    ["no manifest", packCapture({ "requests.csv": "" }), "no manifest.json"],
    ["a manifest that is not JSON", packCapture({ "manifest.json": "{" }), "not valid JSON"],
    [
      "a manifest that is no UTF-8",
      Bun.zstdCompressSync(
        Bun.zstdDecompressSync(packCapture({ "manifest.json": "~" })).map((byte) =>
          byte === 126 ? 0xff : byte,
        ),
      ),
      "not valid JSON",
    ],
    ["a manifest that is not an object", packCapture({ "manifest.json": "[]" }), "not a JSON object"],
    ["a log that is missing", packCapture({ "manifest.json": aManifest(LOG, "seen") }), "is missing"],
    [
      "a log that was changed",
      packCapture({ "manifest.json": aManifest(LOG, "seen"), [LOG]: "sean" }),
      "checksum of",
    ],
  ])("is refused: %s", (_, bytes, message) => {
    expect(thrownBy(() => parseCapture(bytes))).toEqual(damage(message));
  });

  test("that expands beyond the limit is refused before it is unpacked, whatever size it declares", () => {
    const bomb = Buffer.alloc(8 << 20);
    const limits = { ...READ_LIMITS, maxContentBytes: 1 << 20 };
    const said = Bun.zstdCompressSync(bomb);
    expect(said.length).toBeLessThan(4096);
    expect(thrownBy(() => parseCapture(said, limits))).toEqual(damage("more than 1048576 bytes"));
    const unsaid = zstdCompressSync(bomb, WITHOUT_SIZE);
    expect(thrownBy(() => parseCapture(unsaid, limits))).toEqual(damage("more than it says"));
  });

  test("that is too large, not a regular file, or missing is refused", () => {
    const folder = tempDir();
    const path = join(folder, "capture");
    writeFileSync(path, GOOD);
    const limits = { ...READ_LIMITS, maxFileBytes: 10 };
    expect(thrownBy(() => readCapture(path, limits))).toEqual(
      damage(`read ${path}: it is larger than 10 bytes`),
    );
    mkdirSync(join(folder, "sub"));
    expect(thrownBy(() => readCapture(join(folder, "sub")))).toEqual(damage("it is not a regular file"));
    expect(thrownBy(() => readCapture(join(folder, "none")))).toMatchObject({ code: "NOT_FOUND" });
    Bun.spawnSync(["mkfifo", join(folder, "pipe")]);
    expect(thrownBy(() => readCapture(join(folder, "pipe")))).toEqual(damage("it is not a regular file"));
  });
});
