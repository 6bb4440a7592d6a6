import { describe, expect, test } from "bun:test";
import { CappedBuffer, type Keep } from "../../src/runner/capped-buffer.ts";
import { seeded } from "../helpers/random.ts";

describe("a capped buffer", () => {
  test("has the head or the tail of any sequence of chunks, and whether that was all", () => {
    const random = seeded();
    for (let round = 0; round < 500; round++) {
      const maxBytes = random.int(1, 60);
      const keep = random.pick<Keep>(["head", "tail"]);
      const buffer = new CappedBuffer(maxBytes, keep);
      const all: number[] = [];
      for (let chunk = random.int(0, 12); chunk > 0; chunk--) {
        const bytes = Array.from({ length: random.int(0, 30) }, () => random.int(0, 255));
        buffer.push(Uint8Array.from(bytes));
        all.push(...bytes);
      }
      const expected = keep === "head" ? all.slice(0, maxBytes) : all.slice(-maxBytes);
      expect([...buffer.take()], random.seedText).toEqual(expected);
      expect(buffer.overflowed, random.seedText).toBe(all.length > maxBytes);
    }
  });
});
