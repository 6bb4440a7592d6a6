import { expect, test } from "bun:test";
import { Troubles } from "../../src/supervisor/troubles.ts";
import { Upkeep } from "../../src/supervisor/upkeep.ts";

test("checks run in the order in which they were added, and none after the end", () => {
  const upkeep = new Upkeep(
    new Troubles(
      () => undefined,
      () => ({ epochMs: 0, monotonicNs: 0 }),
    ),
  );
  const checked: string[] = [];
  // The reserve of descriptors is released before a folder is opened.
  upkeep.watch("resources", () => void checked.push("resources"));
  upkeep.watch("output_folder", () => void checked.push("output_folder"));
  upkeep.check();
  upkeep.end();
  upkeep.check();
  expect(checked).toEqual(["resources", "output_folder"]);
});
