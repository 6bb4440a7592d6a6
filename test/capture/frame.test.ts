import { describe, expect, test } from "bun:test";
import { constants, zstdCompressSync } from "node:zlib";
import { readFrame } from "../../src/capture/frame.ts";
import { zstd } from "../../src/packer/zstd.ts";
import { seeded } from "../helpers/random.ts";

const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants;

function extentOf(content: Uint8Array, params: Readonly<Record<number, number>>) {
  const file = zstdCompressSync(content, { params });
  return { ...readFrame(Buffer.concat([file, Buffer.from("behind it")])), fileBytes: file.length };
}

describe("a frame", () => {
  // Sizes in one, two and four bytes; one block and several; repeated bytes and random ones.
  test.each([0, 1, 255, 256, 65_791, 65_792, 400_000])("ends at the end of the file: %d bytes", (length) => {
    const random = seeded();
    const noise = Uint8Array.from({ length }, () => random.int(0, 255));
    for (const content of [new Uint8Array(length), noise]) {
      const said = extentOf(content, { [ZSTD_c_checksumFlag]: 1 });
      expect(said, random.seedText).toMatchObject({ bytes: said.fileBytes, contentBytes: length });
      const unsaid = extentOf(content, { [ZSTD_c_contentSizeFlag]: 0 });
      expect(unsaid, random.seedText).toMatchObject({ bytes: unsaid.fileBytes, contentBytes: undefined });
    }
  });

  test("of the runner declares its content size", () => {
    const content = Buffer.alloc(300_000, "abc");
    const file = Buffer.concat(
      Array.from(zstd().compress([content], content.length), (piece) => Uint8Array.from(piece)),
    );
    expect(readFrame(file)).toEqual({ bytes: file.length, contentBytes: content.length });
  });

  test("is refused if it is cut short, wherever the cut is", () => {
    const file = zstdCompressSync(Buffer.from("a capture"), { params: { [ZSTD_c_checksumFlag]: 1 } });
    for (let bytes = 0; bytes < file.length; bytes++)
      expect(() => readFrame(file.subarray(0, bytes)), String(bytes)).toThrow("cut short");
  });
});
