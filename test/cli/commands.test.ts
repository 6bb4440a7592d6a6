// Requirements for every command, and the words that users type in their place.

import { describe, expect, test } from "bun:test";
import { makeCommands } from "../../src/cli/commands.ts";
import { plainIncidents, verbFirst } from "../../src/cli/verbs.ts";

const thread = () => expect.unreachable();
const { verbs } = makeCommands({ detector: thread, runner: thread, janitor: thread });

describe("commands", () => {
  test.each(Object.entries(verbs))(
    "%s has examples, and those that begin with aod show this command",
    (name, verb) => {
      expect(verb.examples.length).toBeGreaterThan(0);
      const ownWords = verb.examples
        .map(({ command }) => command.split(" "))
        .filter(([program]) => program === "aod");
      for (const [, word] of ownWords) expect(word).toBe(name);
    },
  );
});

describe("a configuration file before the verb", () => {
  test.each([
    ["--config a.yaml check", "check --config a.yaml"],
    ["--config=a.yaml incidents 2026 --json", "incidents 2026 --json --config=a.yaml"],
    ["--config a.yaml", "--config a.yaml"],
    ["--config check", "--config check"],
    ["check --config a.yaml", "check --config a.yaml"],
    ["--config a.yaml nonsense", "--config a.yaml nonsense"],
    ["", ""],
  ])("%s is %s", (typed, meant) => {
    const words = (text: string) => text.split(" ").filter(Boolean);
    expect(verbFirst(words(typed), verbs)).toEqual(words(meant));
  });
});

describe("the words of captures behind incidents", () => {
  test.each([
    ["incidents show latest", "incidents latest"],
    ["incidents list --json", "incidents --json"],
    ["incidents 2026", "incidents 2026"],
    ["captures show latest", "captures show latest"],
    ["incidents", "incidents"],
    ["", ""],
  ])("%s is %s", (typed, meant) => {
    const words = (text: string) => text.split(" ").filter(Boolean);
    expect(plainIncidents(words(typed))).toEqual(words(meant));
  });
});
