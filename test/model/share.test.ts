import { describe, expect, test } from "bun:test";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import { isShareOf, ShareIndex, UNNUMBERED_TREE } from "../../src/model/share.ts";

describe("ShareIndex", () => {
  test("a tree id means another share in another session", () => {
    const index = new ShareIndex([
      { sessionId: 1n, treeId: 5, share: "//a/data" },
      { sessionId: 2n, treeId: 5, share: "//b/home" },
    ]);
    expect([index.nameOf(1n, 5), index.nameOf(2n, 5)]).toEqual(["//a/data", "//b/home"]);
  });

  test("what is not in it is unknown, never a guess", () => {
    const index = new ShareIndex([{ sessionId: 1n, treeId: 5, share: "//a/data" }]);
    expect(index.find(3n, 5)).toBeUndefined();
    expect([index.nameOf(3n, 5), index.nameOf(1n, 6)]).toEqual([UNKNOWN_SHARE, UNKNOWN_SHARE]);
  });

  test("a later entry for the same tree replaces an earlier one", () => {
    const index = new ShareIndex([
      { sessionId: 1n, treeId: 5, share: "//a/old" },
      { sessionId: 1n, treeId: 5, share: "//a/new" },
    ]);
    expect(index.nameOf(1n, 5)).toBe("//a/new");
  });

  describe("where the kernel prints no tree ids", () => {
    const ipc = { sessionId: 1n, treeId: undefined, share: "//files/IPC$" };
    const data = { sessionId: 1n, treeId: undefined, share: "//files/data" };
    const home = { sessionId: 1n, treeId: undefined, share: "//files/home" };

    test("any id of the session is its only share beside IPC$, in whatever order they are listed", () => {
      for (const trees of [[ipc, data], [data, ipc], [data]]) {
        const index = new ShareIndex(trees);
        expect([index.nameOf(1n, 7), index.nameOf(1n, 8)]).toEqual(["//files/data", "//files/data"]);
        expect(index.nameOf(1n, UNNUMBERED_TREE)).toBe("//files/data");
        expect([index.nameOf(2n, 7), index.nameOf(1n, 0)]).toEqual([UNKNOWN_SHARE, UNKNOWN_SHARE]);
      }
    });

    test("IPC$ alone gives no name", () => {
      expect(new ShareIndex([ipc]).nameOf(1n, 7)).toBe(UNKNOWN_SHARE);
    });

    test("of several shares it is the server, and the shares that it may be are named", () => {
      const index = new ShareIndex([ipc, data, home]);
      expect(index.nameOf(1n, 7)).toBe("//files");
      expect(index.possible(1n, 7)).toEqual(["//files/data", "//files/home"]);
      expect(index.isKnown(1n, 7)).toBe(false);
    });

    test("an id that is known leaves the other share as the only possible one, and is no proof of it", () => {
      const index = new ShareIndex([ipc, data, home, { ...data, treeId: 7 }]);
      expect([index.nameOf(1n, 7), index.nameOf(1n, 8)]).toEqual(["//files/data", "//files"]);
      expect([index.possible(1n, 7), index.possible(1n, 8)]).toEqual([[], ["//files/home"]]);
    });

    test("an id beside that of the only share is the server's: it may be that of IPC$", () => {
      const index = new ShareIndex([ipc, data, { ...data, treeId: 7 }]);
      expect([index.nameOf(1n, 8), index.nameOf(1n, UNNUMBERED_TREE)]).toEqual(["//files", "//files/data"]);
    });

    test("one share under two names of a server is not called by a guess", () => {
      const index = new ShareIndex([data, { ...data, share: "//192.0.2.7/data" }]);
      expect(index.nameOf(1n, 7)).toBe(UNKNOWN_SHARE);
      expect(index.possible(1n, 7)).toEqual(["//files/data", "//192.0.2.7/data"]);
    });

    test("a file without a session belongs to the only share there is", () => {
      expect(new ShareIndex([ipc, data]).findAlone(7)).toBe("//files/data");
      expect(new ShareIndex([ipc, data, home]).findAlone(7)).toBeUndefined();
    });
  });
});

test.each([
  ["//Files/data", "//files", true],
  ["//files/data", "//FILES", true],
  ["//files", "//files", false],
  ["//files2/data", "//files", false],
])("isShareOf(%s, %s) is %p", (share, server, expected) => {
  expect(isShareOf(share, server)).toBe(expected);
});
