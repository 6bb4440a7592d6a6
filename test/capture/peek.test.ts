import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { manifestAtFront, peekManifest } from "../../src/capture/peek.ts";
import { AodError } from "../../src/model/failure.ts";
import { PACKED_NAME, packCapture } from "../helpers/packed-capture.ts";
import { seeded } from "../helpers/random.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const MANIFEST = JSON.stringify({ share: "//files/db", long: "x".repeat(100_000) });
const random = seeded();
/** Bytes that a compressor can't make smaller. */
const NOISE = Array.from({ length: 500_000 }, () => String.fromCharCode(random.int(32, 126))).join("");

/** A folder's header: an archive can hold any number of them. */
const aFolder = Bun.zstdDecompressSync(packCapture({})).subarray(0, 512);

function peekAt(bytes: Uint8Array): Promise<unknown> {
  const path = join(tempDir(), "capture");
  writeFileSync(path, bytes);
  return peekManifest(path).catch((error: unknown) => error);
}

function damage(message: string) {
  return expect.objectContaining({ code: "CAPTURE_DAMAGED", message: expect.stringContaining(message) });
}

describe("the manifest at the front", () => {
  test("is read, and no byte behind it", async () => {
    const packed = packCapture({ "manifest.json": MANIFEST, "requests.csv": NOISE });
    expect(await peekAt(packed)).toEqual(JSON.parse(MANIFEST));
    // The part that is cut off here is not read.
    expect(await peekAt(packed.subarray(0, packed.length - 100_000))).toEqual(JSON.parse(MANIFEST));
  });

  test.each([
    ["an empty file", () => new Uint8Array(0), "cut short"],
    ["a file that is not compressed", () => new TextEncoder().encode(MANIFEST), "can't be decompressed"],
    [
      "a manifest that is cut short",
      () => packCapture({ "manifest.json": NOISE }).subarray(0, 9_000),
      "cut short",
    ],
    [
      "another file in front",
      () => packCapture({ "a.csv": "1", "manifest.json": MANIFEST }),
      "first file is not manifest",
    ],
    ["a manifest that is not JSON", () => packCapture({ "manifest.json": "{" }), "not valid JSON"],
    [
      "a manifest of two megabytes",
      () => packCapture({ "manifest.json": "1".repeat(2 << 20) }),
      "larger than",
    ],
    ["many megabytes of zeros", () => zstdCompressSync(new Uint8Array(1 << 26)), "malformed number"],
    [
      "folders without end",
      () => zstdCompressSync(Buffer.alloc(1 << 26, aFolder)),
      "first file is not manifest",
    ],
  ] as const)("of %s is damage", async (_, make, message) => {
    expect(await peekAt(make())).toEqual(damage(message));
  });

  test("of a folder or a missing file is an error with its code", async () => {
    const folder = tempDir();
    mkdirSync(join(folder, "folder"));
    const codeOf = (name: string) =>
      peekManifest(join(folder, name)).catch((error: { code: string }) => error.code);
    expect(await Promise.all([codeOf("folder"), codeOf("gone")])).toEqual(["CAPTURE_DAMAGED", "NOT_FOUND"]);
  });

  test("of a file that can't be read is an error with its code, and no unhandled rejection", async () => {
    // Its first page is not mapped: read(2) fails with EIO.
    const error = await peekManifest("/proc/self/mem").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AodError);
    expect(error).toMatchObject({
      code: "NOT_FOUND",
      message: "cannot read /proc/self/mem: input/output error (EIO)",
    });
  });

  test("is found wherever the pieces of the archive are cut", () => {
    const archive = Bun.zstdDecompressSync(packCapture({ "manifest.json": '{"a":1}' }));
    for (let length = 0; length < archive.length; length++) {
      const found = manifestAtFront(archive.subarray(0, length));
      if (found !== undefined) expect(new TextDecoder().decode(found)).toBe('{"a":1}');
      expect(found !== undefined, `${PACKED_NAME} cut at ${length}`).toBe(length >= 1024 + 7);
    }
  });
});
