// aod's commands as plain rows, for the manual page and for completions. In: the definitions that `aod --help` is made from;
// out: names, options, arguments and their descriptions. Nothing is run.

import type { ArgsDef, CommandDef } from "citty";
import { aliasesOf, type Example, type VerbCommand } from "../../src/cli/arguments.ts";
import { makeCommands } from "../../src/cli/commands.ts";

export interface OptionFacts {
  /** With its dashes. */
  readonly flag: string;
  /** What stands for it, likewise: `-o`. */
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
  /** As it is typed behind `aod`: `captures show`. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly arguments: readonly ArgumentFacts[];
  readonly examples: readonly Example[];
}

/** Those that are no option of a definition: the program looks for them before it looks at the rest. */
export const COMMON_OPTIONS: readonly OptionFacts[] = [
  {
    flag: "--help",
    aliases: ["-h"],
    value: undefined,
    description: "what there is, or of one command what it takes",
  },
];
export const VERSION_OPTION: OptionFacts = {
  flag: "--version",
  aliases: ["-v"],
  value: undefined,
  description: "the version, and the versions of what is inside",
};

/** `main` is what `aod` without a command takes. */
export interface Commands {
  readonly main: CommandFacts;
  readonly verbs: readonly CommandFacts[];
}

/** In their order, each followed by those that may follow it. */
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
