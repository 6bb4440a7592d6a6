import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";

const LATENCY = { type: "Latency", acceptable_count: 1 };

function problemsOf(anomalies: object): string[] {
  const { problems } = parseConfig(JSON.stringify({ guardian: { anomalies } }), "f");
  return problems.map(({ path, message }) => `${path.replace("guardian.anomalies.", "")} ${message}`);
}

describe("names of rules", () => {
  test.each(["a", "A-b_c.9", "x".repeat(64), "..", "Manual"])("%p is a valid name", (name) => {
    expect(problemsOf({ [name]: LATENCY })).toEqual([]);
  });

  test.each(["", "a b", "a/b", "ä", "x".repeat(65), "a\n"])("%p is not a valid name", (name) => {
    expect(problemsOf({ [name]: LATENCY })).toEqual([expect.stringContaining("is not a valid rule name")]);
  });

  test("manual is reserved", () => {
    expect(problemsOf({ manual: LATENCY })).toEqual([expect.stringContaining("choose another")]);
  });

  test("names that are properties of every JavaScript object are ordinary names", () => {
    const text =
      "guardian:\n  anomalies:\n    __proto__: {type: Latency, acceptable_count: 1}\n    constructor: {type: Error, acceptable_count: 1}\n";
    expect(parseConfig(text).config?.rules.map(({ name }) => name)).toEqual(["__proto__", "constructor"]);
  });
});

describe("types of rules", () => {
  test.each(["Latency", "LATENCY", " error ", "stuck", "Signal"])("%p is a type", (type) => {
    expect(problemsOf({ a: { type, acceptable_count: 1 } })).toEqual([]);
  });

  test.each([
    ["Latncy", 'a.type must be Latency, Error, Stuck or Signal, not "Latncy" (did you mean Latency?)'],
    ["Hung", 'a.type must be Latency, Error, Stuck or Signal, not "Hung"'],
    ["toString", 'a.type must be Latency, Error, Stuck or Signal, not "toString"'],
    [5, "a.type must be Latency, Error, Stuck or Signal, not 5"],
    [null, "a.type must be Latency, Error, Stuck or Signal, not nothing"],
  ])("%p is not a type", (type, message) => {
    expect(problemsOf({ a: { type, acceptable_count: 1 } })).toEqual([message]);
  });

  test("the type is required", () => {
    expect(problemsOf({ a: { acceptable_count: 1 } })).toEqual([
      "a.type is required: Latency, Error, Stuck or Signal",
    ]);
  });

  test("the count is required", () => {
    expect(problemsOf({ a: { type: "Error" }, b: { type: "Latency" } })).toEqual([
      "a.acceptable_count is required (or acceptable_percent)",
      "b.acceptable_count is required (or acceptable_percent)",
    ]);
  });

  test("every type except Stuck may have its own window", () => {
    const rule = { acceptable_count: 1, window_sec: 0.25 };
    for (const type of ["Latency", "Error", "Signal"])
      expect(problemsOf({ a: { type, ...rule } })).toEqual([]);
    expect(problemsOf({ a: { type: "Stuck", ...rule } })).toEqual([
      "a.window_sec unknown key (it belongs to rules of type Latency, Error, Signal)",
    ]);
    expect(problemsOf({ a: { ...LATENCY, window_sec: 0 } })).toEqual([
      "a.window_sec must be a number from 0.01 to 3600, not 0",
    ]);
  });
});

describe("actions of rules", () => {
  test("are those of the watcher unless the rule names some, without duplicates", () => {
    const text = JSON.stringify({
      watcher: { actions: ["stats", "stats", "mounts"] },
      guardian: {
        anomalies: {
          a: LATENCY,
          b: { ...LATENCY, actions: [] },
          c: { ...LATENCY, actions: ["dmesg", "dmesg"] },
        },
      },
    });
    expect(parseConfig(text).config?.rules.map(({ actions }) => actions)).toEqual([
      ["stats", "mounts"],
      [],
      ["dmesg"],
    ]);
  });
});
