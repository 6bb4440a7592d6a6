// What every command has to have, whatever it does.

import { describe, expect, test } from "bun:test";
import { makeCommands } from "../../src/cli/commands.ts";

const thread = () => expect.unreachable();
const { verbs } = makeCommands({ detector: thread, runner: thread, janitor: thread });

describe("commands", () => {
  test.each(Object.entries(verbs))("%s has examples, and those of aod's own are its own", (name, verb) => {
    expect(verb.examples.length).toBeGreaterThan(0);
    const ownWords = verb.examples
      .map(({ command }) => command.split(" "))
      .filter(([program]) => program === "aod");
    for (const [, word] of ownWords) expect(word).toBe(name);
  });
});
