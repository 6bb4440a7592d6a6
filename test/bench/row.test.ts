// The output that run.ts accepts as figures.

import { expect, test } from "bun:test";
import { problemsOf, type Row } from "./row.ts";

const row: Row = { what: "a reply", measured: 1.5, unit: "ms" };

test("a benchmark delivers rows with a name, a unit and a finite figure", () => {
  expect(problemsOf([row, { ...row, measured: 0, unit: "" }])).toEqual([]);
});

test.each<[string, readonly Row[], string]>([
  ["no row", [], "it printed no row"],
  ["no figure", [{ ...row, measured: Number.NaN }], "a reply: NaN is not a figure"],
  // JSON turns an infinite number into null.
  ["null", [{ ...row, measured: JSON.parse("null") }], "a reply: null is not a figure"],
  ["no name", [{ ...row, what: "" }], "a row without a name or a unit"],
])("a benchmark with %s fails", (_, rows, problem) => {
  expect(problemsOf(rows)).toEqual([problem]);
});
