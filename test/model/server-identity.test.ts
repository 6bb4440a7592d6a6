import { describe, expect, test } from "bun:test";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import { ServerIndex, serverNameOf } from "../../src/model/server-identity.ts";

describe("serverNameOf", () => {
  test.each([
    ["//files/db", "files"],
    ["//FILES.Example.NET/db/a", "files.example.net"],
    ["//files", "files"],
    ["//10.9.1.2/x", "10.9.1.2"],
    ["//[FD00::0:1]/x", "fd00::1"],
    ["//files./x", "files"],
    [UNKNOWN_SHARE, UNKNOWN_SHARE],
    ["", ""],
  ])("of %p is %p", (share, name) => {
    expect(serverNameOf(share)).toBe(name);
  });
});

describe("ServerIndex", () => {
  test("knows a server's address by every share of it, in its canonical form", () => {
    const index = new ServerIndex([{ share: "//Files/db", address: "[::ffff:10.9.1.2]:445" }]);
    expect(index.identify("//files/home")).toEqual({ name: "files", address: "10.9.1.2" });
    expect(index.identify("//FILES")).toEqual({ name: "files", address: "10.9.1.2" });
    expect(index.identify("//other/db")).toEqual({ name: "other", address: undefined });
  });

  test("takes the first address of a name that has several, whatever the order of its shares", () => {
    const index = new ServerIndex([
      { share: "//files/a", address: undefined },
      { share: "//files/b", address: "10.0.0.1" },
      { share: "//files/c", address: "10.0.0.2" },
    ]);
    expect(index.identify("//files/c").address).toBe("10.0.0.1");
  });

  test("has no other address for a server that is mounted by its address", () => {
    const index = new ServerIndex([{ share: "//10.9.1.2/x", address: "10.9.1.2" }]);
    expect(index.identify("//10.9.1.2/x")).toEqual({ name: "10.9.1.2", address: undefined });
  });
});
