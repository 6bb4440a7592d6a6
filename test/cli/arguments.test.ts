// What is typed, against what a verb has: nothing is taken without a word.

import { afterAll, describe, expect, test } from "bun:test";
import { runCommand } from "citty";
import { makeVerb } from "../../src/cli/arguments.ts";
import { AodError, toFailure } from "../../src/model/failure.ts";

const verb = makeVerb({
  name: "it",
  description: "it",
  args: {
    capture: { type: "positional", required: false, valueHint: "CAPTURE", description: "which" },
    id: { type: "positional", required: false, description: "which" },
    output: { type: "string", alias: "o", valueHint: "FILE", description: "where" },
  },
  examples: [],
  run: () => 0,
});

async function complaintOf(...rawArgs: readonly string[]): Promise<string | undefined> {
  try {
    await runCommand(verb, { rawArgs: [...rawArgs] });
    return undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AodError);
    expect(toFailure(thrown).code).toBe("USAGE");
    return toFailure(thrown).message;
  }
}

const before = process.exitCode;
afterAll(() => {
  process.exitCode = before ?? 0;
});

describe("what is typed behind a verb", () => {
  test.each([
    ["what it has", ["a", "b", "--output", "x"], undefined],
    ["an option's other name", ["-o", "x"], undefined],
    ["an option that it does not have", ["--force"], "no option --force; its options are --output"],
    ["an option without its value", ["--output", ""], "--output needs a value"],
    ["an argument that is empty", [""], "CAPTURE needs a value"],
    ["one that the usage calls by its name", ["a", ""], "ID needs a value"],
    ["an argument too many", ["a", "b", "c"], "unexpected argument c"],
  ])("%s", async (_, rawArgs, complaint) => {
    expect(await complaintOf(...rawArgs)).toBe(complaint);
  });
});
