import { describe, expect, test } from "bun:test";
import { changesSection, parseChange } from "../../src/report/changes-section.ts";
import { compareNetCounters } from "../../src/runner/net-counters.ts";
import { FROZEN_AT } from "../helpers/order.ts";

const BASELINE = "compared with a sample 3.0 s older than the capture\n";
const sectionOf = (text: string) =>
  changesSection(new Map([["actions/netstat.log", new TextEncoder().encode(text)]])).text;

describe("a line of a comparison", () => {
  test.each([
    [
      "  Creates: 402118 total 12 failed                     +31207, +9",
      "Creates: 402118 total 12 failed",
      "+31207, +9",
      "",
    ],
    ["Tcp.RetransSegs                 +2  (711 -> 713)", "Tcp.RetransSegs", "+2", "711 -> 713"],
    ["  a name  with gaps (and brackets)  -3", "a name  with gaps (and brackets)", "-3", ""],
    ["a  0", "a", "0", ""],
  ])("%j is a change of a counter", (line, name, difference, values) => {
    expect(parseChange(line)).toEqual({ name, difference, values });
  });

  test.each([
    "connections",
    "  files.example.net 0x1",
    "    now:  connection 0x1",
    "",
    "  +3",
    "a  b",
    "a  (3)",
  ])("%j is any other line", (line) => {
    expect(parseChange(line)).toBeUndefined();
  });

  test("is parsed as the runner writes it", () => {
    const baseline = { text: "Tcp: A B\nTcp: 1 9\n", takenNs: 1e9, reason: "attached" } as const;
    const text = compareNetCounters("Tcp: A B\nTcp: 4 9\n", { frozenAt: FROZEN_AT }, baseline);
    expect(text.split("\n").map(parseChange)).toContainEqual({
      name: "Tcp.A",
      difference: "+3",
      values: "1 -> 4",
    });
  });

  test("is parsed in linear time, whatever it contains", () => {
    // Quadratic time would exceed the limit of any test.
    expect(parseChange(`a${"  1".repeat(3_000_000)} x`)).toBeUndefined();
  });
});

describe("what changed", () => {
  test("is bounded by lines and their length, and says how much is left out", () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `Tcp.Counter${i}  +1  (0 -> 1)\n`);
    const section = sectionOf(BASELINE + lines.join(""));
    expect(section).toContain("Tcp.Counter398");
    expect(section).not.toContain("Tcp.Counter399<");
    expect(section).toContain("601 more lines left out here; the capture has them in");
    expect(sectionOf(`${BASELINE}${"x".repeat(1e7)}\n`).length).toBeLessThan(2000);
  });

  test("says why there was no later sample, with and without an earlier one", () => {
    const failure =
      "the sample of 2026-11-25T07:42:01Z, when the last incident was resolved, was not taken: no\n";
    expect(sectionOf(failure + BASELINE)).toMatch(/was not taken: no<\/p><p class="note">compared with/);
    expect(sectionOf(`${failure}nothing to compare with\n`)).toContain(
      "was not taken: no. There was no earlier",
    );
  });

  test("is left out if nothing was compared", () => {
    expect(sectionOf(" \n\n")).toBe("");
    expect(changesSection(new Map()).text).toBe("");
  });
});
