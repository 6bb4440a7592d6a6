// Host names by which the metrics port may be addressed: a web page elsewhere must not be able to read it through a
// browser on this host.

import { describe, expect, test } from "bun:test";
import { isOwnHost, parseHostName } from "../../src/metrics/host-name.ts";

describe("a Host header", () => {
  test.each([
    ["127.0.0.1:10445", "127.0.0.1"],
    ["[::1]:10445", "[::1]"],
    ["LOCALHOST", "localhost"],
    ["Files.Example.com:80", "files.example.com"],
    ["[::1", undefined],
    ["", undefined],
    ["a b", undefined],
    ["evil@127.0.0.1", undefined],
    ["127.0.0.1:10445:1", undefined],
  ])("%j has the name %p", (header, name) => {
    expect(parseHostName(header)).toBe(name);
  });

  test.each([
    ["localhost", true],
    ["127.0.0.1", true],
    ["192.0.2.7", true],
    ["[2001:db8::1]", true],
    ["files-client-1", true],
    ["evil.example.com", false],
    ["localhost.evil.example.com", false],
    ["127.0.0.1.evil.example.com", false],
    ["files-client-1.evil.example.com", false],
    ["[evil]", false],
    ["0x7f.1", false],
    ["localhost.", false],
  ])("of %s is allowed: %p", (name, isAllowed) => {
    expect(isOwnHost(name, new Set(["files-client-1"]))).toBe(isAllowed);
  });
});
