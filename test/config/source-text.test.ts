import { describe, expect, test } from "bun:test";
import { decodeSource, MAX_BYTES, placeOf } from "../../src/config/source-text.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("decodeSource", () => {
  test.each([
    ["plain text", "a: 1\r\nb: é\n", "a: 1\r\nb: é\n"],
    ["a byte order mark", "\ufeffa: 1", "a: 1"],
    ["the replacement character itself", "a: \ufffd", "a: \ufffd"],
    ["nothing", "", ""],
  ])("accepts %s", (_, input, text) => {
    expect(decodeSource(input)).toEqual({ text, refusal: undefined });
    expect(decodeSource(new TextEncoder().encode(input))).toEqual({ text, refusal: undefined });
  });

  test.each([
    ["UTF-16, little-endian", bytes(0xff, 0xfe, 0x61, 0), 0, "UTF-16"],
    ["UTF-16, big-endian", bytes(0xfe, 0xff, 0, 0x61), 0, "UTF-16"],
    ["Latin-1", bytes(0x61, 0x3a, 0x20, 0xe9, 0x0a), 3, "not UTF-8"],
    ["a torn character at the end", bytes(0x61, 0xe2, 0x82), 1, "not UTF-8"],
    ["a torn one behind a mark", bytes(0xef, 0xbb, 0xbf, 0x61, 0xff), 1, "not UTF-8"],
    ["a NUL", bytes(0x61, 0x3a, 0), 2, "U+0000"],
    ["an escape", bytes(0x61, 0x1b, 0x5b), 1, "U+001B"],
    ["too much", new Uint8Array(MAX_BYTES + 1).fill(0x61), 0, "larger than 256 KiB"],
  ])("refuses %s, with its place", (_, input, offset, message) => {
    expect(decodeSource(input).refusal).toEqual({ offset, message: expect.stringContaining(message) });
  });
});

describe("placeOf", () => {
  test.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 1, 4],
    [4, 2, 1],
    [9, 3, 1],
  ])("offset %d is line %d, column %d", (offset, line, column) => {
    expect(placeOf("abc\ndef\r\ng", offset)).toEqual({ line, column });
  });

  test("moves an offset in trailing space to the end of the last word", () => {
    expect(placeOf("a: 1\n\n\n", 7)).toEqual({ line: 1, column: 5 });
    expect(placeOf("a", 99)).toEqual({ line: 1, column: 2 });
    expect(placeOf("", 0)).toEqual({ line: 1, column: 1 });
  });
});
