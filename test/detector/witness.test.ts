import { expect, test } from "bun:test";
import { TABLE_WITNESS } from "../../src/detector/witness.ts";

test("synthetic traffic has one list object of DFS paths, so that rules are matched with a share only once", () => {
  expect(TABLE_WITNESS.dfsPathsOf("//server/one")).toBe(TABLE_WITNESS.dfsPathsOf("//server/two"));
});
