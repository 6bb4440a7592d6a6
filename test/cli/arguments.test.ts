// Arguments of a verb: an unknown one is refused and never ignored.

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

describe("the arguments of a verb", () => {
  test.each([
    ["known arguments", ["a", "b", "--output", "x"], undefined],
    ["the alias of an option", ["-o", "x"], undefined],
    ["an unknown option", ["--force"], "no option --force; its options are --output"],
    ["an option without its value", ["--output", ""], "--output needs a value"],
    ["an empty argument", [""], "CAPTURE needs a value"],
    ["an empty argument without a hint of its value", ["a", ""], "ID needs a value"],
    ["a superfluous argument", ["a", "b", "c"], "unexpected argument c"],
  ])("%s", async (_, rawArgs, complaint) => {
    expect(await complaintOf(...rawArgs)).toBe(complaint);
  });
});
