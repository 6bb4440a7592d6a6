// Lines of a connection, however their bytes were split on the way.

import { describe, expect, test } from "bun:test";
import { LineBuffer } from "../../src/control/line-buffer.ts";
import { seeded } from "../helpers/random.ts";

describe("lines", () => {
  test("are the same however their bytes are split", () => {
    const random = seeded();
    const lines = Array.from({ length: 50 }, () => "ä€😀x".repeat(random.int(0, 20)));
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    const buffer = new LineBuffer(1000);
    const seen: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const next = at + random.int(1, 40);
      seen.push(...(buffer.add(bytes.subarray(at, next)) ?? []));
      at = next;
    }
    expect(seen, random.seedText).toEqual(lines);
  });

  test("that are too long are refused, with a newline or without", () => {
    const buffer = () => new LineBuffer(4);
    expect(buffer().add(Buffer.from("1234\n"))).toEqual(["1234"]);
    expect(buffer().add(Buffer.from("12345\n"))).toBeUndefined();
    expect(buffer().add(Buffer.from("12345"))).toBeUndefined();
    const pieces = buffer();
    expect(pieces.add(Buffer.from("123"))).toEqual([]);
    expect(pieces.add(Buffer.from("45"))).toBeUndefined();
  });

  test("do not change when the buffer that they arrived in is reused", () => {
    const buffer = new LineBuffer(10);
    const bytes = Buffer.from("abc");
    buffer.add(bytes);
    bytes.fill(0);
    expect(buffer.add(Buffer.from("\n"))).toEqual(["abc"]);
  });
});
