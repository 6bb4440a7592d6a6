import { describe, expect, test } from "bun:test";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import { ShareIndex } from "../../src/model/share.ts";

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
});
