import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { ACTION_NAMES } from "../../src/model/action.ts";

const NAMES = ACTION_NAMES.join(", ");

function problemsOf(custom: string, actions = "[]"): readonly string[] {
  const text = `custom_actions: ${custom}
guardian: {anomalies: {a: {type: Signal, actions: ${actions}}}}
`;
  return parseConfig(text, "f").problems.map(formatProblem);
}

describe("custom_actions", () => {
  test.each([
    ["a list", "[a]", "f:1:17: custom_actions: must be a mapping of actions by name, not a list"],
    ["no command", "{a: {}}", "f:1:18: custom_actions.a.command: is required"],
    [
      "a command line",
      "{a: {command: /bin/a -b}}",
      'f:1:31: custom_actions.a.command: must be a list: a program\'s absolute path, then its arguments, not "/bin/a -b" (write [/bin/a, -b])',
    ],
    [
      "a relative path",
      "{a: {command: [a]}}",
      "f:1:31: custom_actions.a.command: a needs its absolute path, such as /usr/bin/a",
    ],
    [
      "an unknown key",
      "{a: {command: [/a], timeout_sek: 3}}",
      "f:1:37: custom_actions.a.timeout_sek: unknown key (did you mean timeout_sec?)",
    ],
    [
      "no time",
      "{a: {command: [/a], timeout_sec: 0}}",
      "f:1:50: custom_actions.a.timeout_sec: must be a number over 0, up to 300, not 0",
    ],
    [
      "too much",
      "{a: {command: [/a], max_mb: 65}}",
      "f:1:45: custom_actions.a.max_mb: must be a number over 0, up to 64, not 65",
    ],
    [
      "no stage",
      "{a: {command: [/a], stage: 4}}",
      "f:1:44: custom_actions.a.stage: must be a whole number from 1 to 3, not 4",
    ],
    [
      "a capital letter",
      "{A: {command: [/a]}}",
      "f:1:18: custom_actions.A: is not a valid action name: 1 to 32 of a-z 0-9 _ - (it becomes the name of a file)",
    ],
    [
      "a path",
      "{../a: {command: [/a]}}",
      'f:1:18: custom_actions."../a": is not a valid action name: 1 to 32 of a-z 0-9 _ - (it becomes the name of a file)',
    ],
    [
      "a name of aod's own",
      "{dmesg: {command: [/a]}}",
      "f:1:18: custom_actions.dmesg: is the name of a built-in action: choose another",
    ],
  ])("refuses %s", (_, custom, problem) => {
    expect(problemsOf(custom)).toEqual([problem]);
  });

  test("every mistake is reported at once", () => {
    expect(problemsOf("{A: {}, b: {command: [/b], stage: 0}}")).toHaveLength(3);
  });

  test("can be named in lists of actions, and a mistyped name gets a suggestion", () => {
    const custom = "{routes: {command: [/a]}}";
    expect(problemsOf(custom, "[routes, dmesg]")).toEqual([]);
    expect(problemsOf(custom, "[rotes]")).toEqual([
      `f:2:52: guardian.anomalies.a.actions[0]: must be an action (${NAMES}, routes), not "rotes" (did you mean routes?)`,
    ]);
    expect(problemsOf(custom, "[5]")).toHaveLength(1);
  });

  test("may have names that are properties of every JavaScript object", () => {
    const { config } = parseConfig(
      `custom_actions: {__proto__: {command: [/a]}}\nguardian: {anomalies: {a: {type: Signal, actions: [constructor]}}}\n`,
      "f",
    );
    expect(config).toBeUndefined();
  });
});
