// What every verb has in common: strict arguments, and an exit code as the answer. citty takes what it does not know
// without a word; a tool for the night must not. In: a verb's definition; out: a command for citty.

import { type ArgsDef, type CommandDef, defineCommand, type ParsedArgs, runCommand } from "citty";
import { didYouMean } from "../config/suggest.ts";
import { AodError } from "../model/failure.ts";

/** What somebody may type as it stands, and what it is good for. */
export interface Example {
  readonly command: string;
  /** A half-sentence. */
  readonly meaning: string;
}

export interface Verb<Arguments extends ArgsDef> {
  readonly name: string;
  readonly description: string;
  readonly args: Arguments;
  /** Whether the last positional may be followed by more of its kind: they are in `_` then. */
  readonly takesMore?: boolean;
  /** Shown by `--help` and in the manual page; the most usual first. */
  readonly examples: readonly Example[];
  /** @returns the exit code. */
  readonly run: (args: ParsedArgs<Arguments>) => number | Promise<number>;
}

export type VerbCommand = CommandDef &
  Pick<Verb<ArgsDef>, "examples" | "takesMore"> & {
    /** What may follow it, by what is typed; their own names begin with that of the group. */
    readonly verbs?: Readonly<Record<string, VerbCommand>>;
  };

/** A command that throws USAGE for what the verb does not have, and sets the process's exit code. */
export function makeVerb<Arguments extends ArgsDef>({
  name,
  description,
  args,
  examples,
  takesMore = false,
  run,
}: Verb<Arguments>): VerbCommand {
  const command = defineCommand({
    meta: { name, description },
    args,
    async run(context) {
      rejectUnknown(args, context.args, takesMore);
      process.exitCode = await run(context.args);
    },
  });
  // citty's own table of sub-commands wants them without their argument types.
  return { ...(command as unknown as CommandDef), examples, takesMore };
}

/**
 * A verb that may be followed by another one, and without one is itself. citty would run both, and forget the options that
 * stand before the second.
 * @param synonyms other words for these verbs, and with an empty text for the verb alone; help does not list them.
 */
export function makeGroup<Arguments extends ArgsDef>(
  itself: Verb<Arguments>,
  verbs: Readonly<Record<string, VerbCommand>>,
  synonyms: Readonly<Record<string, string>> = {},
): VerbCommand {
  const alone = makeVerb(itself);
  const command: CommandDef = {
    ...alone,
    async run({ rawArgs }) {
      const at = firstWord(rawArgs, itself.args);
      const word = rawArgs[at];
      if (word === undefined) return void (await runCommand(alone, { rawArgs }));
      const rest = rawArgs.toSpliced(at, 1);
      const name = Object.hasOwn(synonyms, word) ? synonyms[word] : word;
      if (name === "") return void (await runCommand(alone, { rawArgs: rest }));
      const verb = name !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined;
      if (verb !== undefined) return void (await runCommand(verb, { rawArgs: rest }));
      const names = Object.keys(verbs);
      const hint = didYouMean(word, [...names, ...Object.keys(synonyms)]);
      throw new AodError(
        "USAGE",
        `no command ${itself.name} ${word}${hint}; its commands are ${names.join(", ")}`,
      );
    },
  };
  return { ...command, examples: alone.examples, verbs };
}

/** Where the first word is that is neither an option nor an option's value; behind the end where there is none. */
function firstWord(rawArgs: readonly string[], args: ArgsDef): number {
  for (let at = 0; at < rawArgs.length; at++) {
    const word = rawArgs[at] as string;
    if (!word.startsWith("-")) return at;
    if (args[word.slice(2)]?.type === "string") at++;
  }
  return rawArgs.length;
}

/** As they stand below the usage, one for each line. */
export function exampleLines(examples: readonly Example[]): readonly string[] {
  const columns = Math.max(0, ...examples.map(({ command }) => command.length));
  return examples.map(({ command, meaning }) => `  ${command.padEnd(columns)}  ${meaning}`);
}

/** The file that `--config` names; the same words for every verb that has it. */
export const CONFIG_ARGUMENT = {
  config: {
    type: "string",
    valueHint: "FILE",
    description: "configuration file (without it: /etc/aod.yaml, or the built-in default)",
  },
} as const satisfies ArgsDef;

/** Throws USAGE for options and arguments that the verb does not have, and for options without their value. */
function rejectUnknown(
  definition: ArgsDef,
  given: Readonly<Record<string, unknown>> & { _: readonly string[] },
  takesMore: boolean,
): void {
  const names = Object.keys(definition);
  // citty gives them beside the name that they stand for, and `dry-run` as `dryRun` too.
  const aliases = new Set(names.flatMap((name) => [...aliasesOf(definition[name]), camelCase(name)]));
  const options = names.filter((name) => definition[name]?.type !== "positional").map((name) => `--${name}`);
  for (const [name, value] of Object.entries(given)) {
    if (name === "_" || (aliases.has(name) && !names.includes(name))) continue;
    if (!names.includes(name)) throw new AodError("USAGE", unknownOption(name, options));
    const what = definition[name]?.type === "positional" ? valueName(name, definition[name]) : `--${name}`;
    if (value === "") throw new AodError("USAGE", `${what} needs a value`);
  }
  const positionals = names.filter((name) => definition[name]?.type === "positional").length;
  const extra = takesMore ? undefined : given._[positionals];
  if (extra !== undefined) throw new AodError("USAGE", `unexpected argument ${extra}`);
}

function unknownOption(name: string, options: readonly string[]): string {
  const typed = name.length === 1 ? `-${name}` : `--${name}`;
  const known = options.length === 0 ? "it has no options" : `its options are ${options.join(", ")}`;
  return `no option ${typed}${didYouMean(typed, options)}; ${known}`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** As the usage has it. */
function valueName(name: string, { valueHint }: ArgsDef[string] = {}): string {
  return valueHint ?? name.toUpperCase();
}

/** Other names of an option, without dashes. */
export function aliasesOf(argument: ArgsDef[string] | undefined): readonly string[] {
  const alias = argument !== undefined && "alias" in argument ? argument.alias : undefined;
  return alias === undefined ? [] : [alias].flat();
}
