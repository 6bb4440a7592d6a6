// scripts/guest/left-out.txt: every entry names a kernel of the guest, scenarios that exist, and a reason.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../helpers/program.ts";

const entries = readFileSync(join(ROOT, "scripts/guest/left-out.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split(/ {2,}/) as readonly string[]);

/** The names in the sources; of a name that is built from parts, the first part. */
const names = [...new Bun.Glob("test/guest/scenarios/*.ts").scanSync(ROOT)].flatMap((path) =>
  [...readFileSync(join(ROOT, path), "utf8").matchAll(/name: ["`](.*?)(?:["`]|\$\{)/g)].map(
    ([, name]) => name ?? "",
  ),
);
/** Subjects whose scenarios are rows of a table: `verdict: ` and a row's name. */
const subjects = names.filter((name) => /^[a-z]+: $/.test(name));
const all = [...names, ...subjects.flatMap((subject) => names.map((name) => `${subject}${name}`))];

test.each(entries)("CI leaves out on %s: %s", (...entry) => {
  const [kernel = "", beginning = "", why = "", ...more] = entry;
  expect(more).toEqual([]);
  expect(["5.10", "6.1"]).toContain(kernel);
  expect(why).not.toBe("");
  expect(
    all.filter((name) => name.startsWith(beginning)),
    beginning,
  ).not.toEqual([]);
});

test("the newest kernel plays everything", () => {
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.filter(([kernel]) => kernel === "6.12")).toEqual([]);
});
