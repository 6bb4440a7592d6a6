// The generator of the table in docs/reliability.md: rounding, omissions, and the same output in a second run.

import { describe, expect, test } from "bun:test";
import { fillTable, readFaults } from "../../scripts/gen-reliability.ts";
import type { Fault } from "../hostile/fault-log.ts";

const DOCUMENT = "# Reliability\n\n<!-- gen: faults -->\n\nold\n\n<!-- end -->\n\nBehind.\n";

function aFault(parts: Partial<Fault> = {}): Fault {
  return { fault: "the disk is full", reaction: "waits", lost: {}, normalAfterMs: 10, ...parts };
}

function rowOf(parts: Partial<Fault>): string {
  return fillTable(DOCUMENT, [aFault(parts)]).split("\n")[6] ?? "";
}

describe("the table of faults", () => {
  test("replaces the old one and keeps the text around it", () => {
    const text = fillTable(DOCUMENT, [aFault()]);
    expect(text).toContain("| the disk is full | waits | nothing | under 1 s |\n\n<!-- end -->\n\nBehind.");
    expect(text).not.toContain("old");
    expect(fillTable(text, [aFault()])).toBe(text);
  });

  test.each([
    [0, "under 1 s"],
    [999, "under 1 s"],
    [1000, "under 5 s"],
    [14_999, "under 15 s"],
    [60_000, "over 60 s"],
  ])("rounds %d ms to %s", (normalAfterMs, expected) => {
    expect(rowOf({ normalAfterMs })).toEndWith(`| ${expected} |`);
  });

  test.each([
    [{ captures: 1 }, "captures: 1"],
    [{ connections: 19_488, captures: 0 }, "connections: up to 100,000"],
    [{ lines: 100, captures: 2 }, "lines: up to 100, captures: up to 10"],
    [{ captures: 0 }, "nothing"],
  ] as const)("counts losses: %j is %s", (lost, expected) => {
    expect(rowOf({ lost })).toContain(`| ${expected} |`);
  });

  test("keeps a cell in its column", () => {
    expect(rowOf({ fault: "a | b\nc" })).toStartWith("| a \\| b c | waits |");
  });

  test("refuses a document without markers", () => {
    expect(() => fillTable("# Reliability\n", [])).toThrow("no marker");
  });

  test("has one row for each fault, from its last record, in the order of their names", () => {
    const recorded = [
      aFault({ fault: "b", reaction: "first" }),
      aFault({ fault: "a" }),
      aFault({ fault: "b", reaction: "last" }),
    ];
    const faults = readFaults(`${recorded.map((one) => JSON.stringify(one)).join("\n")}\n`);
    expect(faults.map(({ fault, reaction }) => `${fault}: ${reaction}`)).toEqual(["a: waits", "b: last"]);
  });
});
