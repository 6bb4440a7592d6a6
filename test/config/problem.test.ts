import { describe, expect, test } from "bun:test";
import { formatPath, formatProblem, type Problem, quote, show } from "../../src/config/problem.ts";

const problem: Problem = {
  severity: "error",
  file: "/etc/aod.yaml",
  line: 3,
  column: 7,
  path: "guardian.anomalies.slow.mode",
  message: "must be all",
};

describe("formatProblem", () => {
  test("has the file, the line, the column, the key and the problem", () => {
    expect(formatProblem(problem)).toBe("/etc/aod.yaml:3:7: guardian.anomalies.slow.mode: must be all");
  });

  test("leaves the key out if none is concerned, and marks warnings", () => {
    expect(formatProblem({ ...problem, path: "" })).toBe("/etc/aod.yaml:3:7: must be all");
    expect(formatProblem({ ...problem, severity: "warning" })).toBe(
      "/etc/aod.yaml:3:7: guardian.anomalies.slow.mode: warning: must be all",
    );
  });
});

describe("the content of a file", () => {
  const HOSTILE = 'a\u001b[31m\n\u009b\u202e"';

  test.each([
    ["a key", formatPath(["guardian", HOSTILE])],
    ["a value", show(HOSTILE)],
    ["a message of another program", quote(HOSTILE)],
    ["a file's name", formatProblem({ ...problem, file: HOSTILE })],
  ])("reaches no terminal unescaped: %s", (_, text) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain("\\u001b");
  });

  test("is cut if it is long", () => {
    expect(show("x".repeat(10_000)).length).toBeLessThan(100);
    expect(quote("x".repeat(10_000)).length).toBeLessThan(100);
  });

  test.each([
    [null, "nothing"],
    [undefined, "nothing"],
    ["on", '"on"'],
    [1.5, "1.5"],
    [true, "true"],
    [[1], "a list"],
    [{ a: 1 }, "a mapping"],
  ])("is named: %p", (value, name) => {
    expect(show(value)).toBe(name);
  });

  test("has paths of keys and positions", () => {
    expect(formatPath(["guardian", "anomalies", "a-b", "track_commands", 2, "threshold"])).toBe(
      "guardian.anomalies.a-b.track_commands[2].threshold",
    );
    expect(formatPath(["guardian", "a.b c"])).toBe('guardian."a.b c"');
    expect(formatPath([])).toBe("");
  });
});
