// aod's commands as plain rows, for the manual page and for completions: names, options, arguments and descriptions,
// from the definitions that `aod --help` uses. No command may be run here.

import type { ArgsDef, CommandDef } from "citty";
import { aliasesOf, type Example, type VerbCommand } from "../../src/cli/arguments.ts";
import { makeCommands } from "../../src/cli/commands.ts";

export interface OptionFacts {
  /** The option with its dashes. */
  readonly flag: string;
  /** Its aliases with their dashes: `-o`. */
  readonly aliases: readonly string[];
  /** `FILE`, `FOLDER` …; undefined for a switch. */
  readonly value: string | undefined;
  readonly description: string;
}

export interface ArgumentFacts {
  readonly name: string;
  readonly value: string | undefined;
  readonly isRequired: boolean;
  readonly description: string;
}

export interface CommandFacts {
  /** The words behind `aod`: `captures show`. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly arguments: readonly ArgumentFacts[];
  readonly examples: readonly Example[];
}

/** Options that are in no definition, because the program looks for them first. */
export const COMMON_OPTIONS: readonly OptionFacts[] = [
  {
    flag: "--help",
    aliases: ["-h"],
    value: undefined,
    description: "show help, for aod or for one command",
  },
];
export const VERSION_OPTION: OptionFacts = {
  flag: "--version",
  aliases: ["-v"],
  value: undefined,
  description: "show the version of aod and of the parts inside",
};

/** `main` has the options of `aod` without a command. */
export interface Commands {
  readonly main: CommandFacts;
  readonly verbs: readonly CommandFacts[];
}

/** All commands in their order, each followed by its subcommands. */
export async function readCommands(): Promise<Commands> {
  const { main, verbs } = makeCommands({ detector: noThread, runner: noThread, janitor: noThread });
  const facts = withInner(verbs).map(([name, command]) => factsOf(name, command, command.examples));
  return { main: await factsOf("aod", main, []), verbs: await Promise.all(facts) };
}

function withInner(
  verbs: Readonly<Record<string, VerbCommand>>,
  before = "",
): readonly (readonly [string, VerbCommand])[] {
  return Object.entries(verbs).flatMap(([name, verb]) => [
    [before + name, verb] as const,
    ...withInner(verb.verbs ?? {}, `${before}${name} `),
  ]);
}

function noThread(): never {
  throw new Error("no command is run here");
}

async function factsOf(
  name: string,
  command: CommandDef,
  examples: readonly Example[],
): Promise<CommandFacts> {
  const { description = "" } = (await resolve(command.meta)) ?? {};
  const args: ArgsDef = (await resolve(command.args)) ?? {};
  const rows = Object.entries(args);
  return {
    name,
    description,
    examples,
    options: rows.flatMap(([key, arg]) =>
      arg.type === "positional"
        ? []
        : [
            {
              flag: dashed(key),
              aliases: aliasesOf(arg).map(dashed),
              value: arg.type === "boolean" ? undefined : (arg.valueHint ?? "VALUE"),
              description: arg.description ?? "",
            },
          ],
    ),
    arguments: rows.flatMap(([key, arg]) =>
      arg.type === "positional"
        ? [
            {
              name: key,
              value: arg.valueHint,
              isRequired: arg.required !== false,
              description: arg.description ?? "",
            },
          ]
        : [],
    ),
  };
}

function dashed(name: string): string {
  return `${name.length === 1 ? "-" : "--"}${name}`;
}

async function resolve<Value>(
  value: Value | Promise<Value> | (() => Value | Promise<Value>),
): Promise<Value> {
  return typeof value === "function" ? (value as () => Value | Promise<Value>)() : value;
}
