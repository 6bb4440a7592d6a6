import { describe, expect, test } from "bun:test";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { makeDebugDataParser } from "../../src/runner/debug-data-parser.ts";

describe("the DebugData of a capture", () => {
  test("is parsed once for equal texts, and again for another one", () => {
    const parsed: string[] = [];
    const parse = makeDebugDataParser((text) => {
      parsed.push(text);
      return parseDebugData(text);
    });
    const first = parse("Servers: \n1) ConnectionId: 0x1 Hostname: files\n");
    expect(first.servers[0]?.hostname).toBe("files");
    expect(parse(["Servers: \n", "1) ConnectionId: 0x1 Hostname: files\n"].join(""))).toBe(first);
    expect(parse("").servers).toEqual([]);
    expect(parsed).toHaveLength(2);
  });
});
