import { describe, expect, test } from "bun:test";
import { type Compressor, makeFromBinding, makeFromBun } from "../../src/packer/zstd.ts";
import { seeded } from "../helpers/random.ts";

function compressAll(compressor: Compressor, pieces: readonly Uint8Array[]): Buffer {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // A piece is valid only until the next one, so it is copied.
  return Buffer.concat(Array.from(compressor.compress(pieces, total), (piece) => Uint8Array.from(piece)));
}

describe.each([
  ["zstd-napi's binding", makeFromBinding()],
  ["Bun's own zstd", makeFromBun()],
])("%s", (_, compressor) => {
  test("makes one frame that Bun's own zstd reads back, however the input is cut into pieces", () => {
    const random = seeded();
    for (let round = 0; round < 60; round++) {
      const pieces = Array.from({ length: random.int(0, 8) }, () => {
        const bytes = new Uint8Array(random.pick([0, 1, 100, 70_000, random.int(0, 400_000)]));
        const isText = random.chance(0.5);
        for (let i = 0; i < bytes.length; i++) bytes[i] = isText ? 97 + (i % 7) : random.int(0, 255);
        return bytes;
      });
      const whole = Buffer.concat(pieces);
      const frame = compressAll(compressor, pieces);
      expect(Bun.zstdDecompressSync(frame).equals(whole), random.seedText).toBe(true);
      expect(frame.length, random.seedText).toBeLessThanOrEqual(
        compressor.compressedBoundBytes(whole.length),
      );
    }
  });

  test("has the content size in front and a checksum behind", () => {
    const frame = compressAll(compressor, [new TextEncoder().encode("hello ".repeat(1000))]);
    // RFC 8878, 3.1.1.1.1: frame header descriptor, content size flag in the upper two bits, checksum flag is bit 2.
    expect(frame.readUInt32LE(0)).toBe(0xfd2fb528);
    expect((frame[4] ?? 0) & 0b100).toBe(0b100);
    expect((frame[4] ?? 0) & 0b11000000).not.toBe(0);
    const damaged = Buffer.from(frame);
    damaged[frame.length - 1] = (damaged[frame.length - 1] ?? 0) ^ 1;
    expect(() => Bun.zstdDecompressSync(damaged)).toThrow();
  });

  test("refuses a total that differs from the pieces' sizes", () => {
    expect(() => [...compressor.compress([new Uint8Array(10)], 11)]).toThrow();
    expect(() => [...compressor.compress([new Uint8Array(10)], 9)]).toThrow();
  });
});
