// Lines of a connection, however they were cut on their way.

import { describe, expect, test } from "bun:test";
import { LineBuffer } from "../../src/control/line-buffer.ts";
import { seeded } from "../helpers/random.ts";

describe("lines", () => {
  test("are the same however their bytes come", () => {
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

  test("that are too long end it, with an end of line or without", () => {
    const buffer = () => new LineBuffer(4);
    expect(buffer().add(Buffer.from("1234\n"))).toEqual(["1234"]);
    expect(buffer().add(Buffer.from("12345\n"))).toBeUndefined();
    expect(buffer().add(Buffer.from("12345"))).toBeUndefined();
    const pieces = buffer();
    expect(pieces.add(Buffer.from("123"))).toEqual([]);
    expect(pieces.add(Buffer.from("45"))).toBeUndefined();
  });

  test("do not change when the bytes that they came in are used again", () => {
    const buffer = new LineBuffer(10);
    const bytes = Buffer.from("abc");
    buffer.add(bytes);
    bytes.fill(0);
    expect(buffer.add(Buffer.from("\n"))).toEqual(["abc"]);
  });
});
