// The form of every command: strict arguments, and an exit code as the result. citty ignores options that it does not
// know; a tool that is used at night must refuse them. Makes definitions for citty and runs nothing by itself.

import { type ArgsDef, type CommandDef, defineCommand, type ParsedArgs, runCommand } from "citty";
import { didYouMean } from "../config/suggest.ts";
import { AodError } from "../model/failure.ts";

/** A command that can be typed as it is, and its purpose. */
export interface Example {
  readonly command: string;
  /** A phrase without a full stop. */
  readonly meaning: string;
}

export interface Verb<Arguments extends ArgsDef> {
  readonly name: string;
  readonly description: string;
  readonly args: Arguments;
  /** Whether the last positional may be repeated; `_` then has all of them. */
  readonly takesMore?: boolean;
  /** For `--help` and the manual page, the most usual one first. */
  readonly examples: readonly Example[];
  /** @returns the exit code. */
  readonly run: (args: ParsedArgs<Arguments>) => number | Promise<number>;
}

export type VerbCommand = CommandDef &
  Pick<Verb<ArgsDef>, "examples" | "takesMore"> & {
    /** The commands of a group, by the word that is typed behind its name. */
    readonly verbs?: Readonly<Record<string, VerbCommand>>;
  };

/** Makes a command that throws USAGE for an unknown option or argument, and that sets the exit code of the process. */
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
  // The table of sub-commands in citty expects definitions without the types of their arguments.
  return { ...(command as unknown as CommandDef), examples, takesMore };
}

/**
 * Makes a verb that may be followed by one of several others, and that works alone too. citty would run both of them,
 * and would ignore options before the second word.
 * @param synonyms other words for these verbs; an empty text stands for the verb alone. The help does not list them.
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
      // The word may be the value of an option that does not exist: the option is the mistake then.
      const options = rawArgs.slice(0, at).filter((before) => before.startsWith("-"));
      for (const option of options)
        rejectUnknownOption(itself.args, option.replace(/^-+/, "").replace(/=.*/s, ""));
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

/**
 * The index of the first word that is neither an option nor the value of one; the length of the list if there is
 * none.
 */
function firstWord(rawArgs: readonly string[], args: ArgsDef): number {
  for (let at = 0; at < rawArgs.length; at++) {
    const word = rawArgs[at] as string;
    if (!word.startsWith("-")) return at;
    if (args[word.slice(2)]?.type === "string") at++;
  }
  return rawArgs.length;
}

/** The examples as the help prints them, one a line. */
export function exampleLines(examples: readonly Example[]): readonly string[] {
  const columns = Math.max(0, ...examples.map(({ command }) => command.length));
  return examples.map(({ command, meaning }) => `  ${command.padEnd(columns)}  ${meaning}`);
}

/** The option `--config`, the same for every verb that has it. */
export const CONFIG_ARGUMENT = {
  config: {
    type: "string",
    valueHint: "FILE",
    description: "configuration file (without it: /etc/aod.yaml, or the built-in default)",
  },
} as const satisfies ArgsDef;

/** Throws USAGE for an unknown option, a superfluous argument and a missing value. */
function rejectUnknown(
  definition: ArgsDef,
  given: Readonly<Record<string, unknown>> & { _: readonly string[] },
  takesMore: boolean,
): void {
  const names = Object.keys(definition);
  for (const [name, value] of Object.entries(given)) {
    if (name === "_") continue;
    rejectUnknownOption(definition, name);
    // citty repeats a value under each alias of its option.
    if (!names.includes(name) || value !== "") continue;
    const what = definition[name]?.type === "positional" ? valueName(name, definition[name]) : `--${name}`;
    throw new AodError("USAGE", `${what} needs a value`);
  }
  const positionals = names.filter((name) => definition[name]?.type === "positional").length;
  const extra = takesMore ? undefined : given._[positionals];
  if (extra !== undefined) throw new AodError("USAGE", `unexpected argument ${extra}`);
}

/** @param option without its dashes. */
function rejectUnknownOption(definition: ArgsDef, option: string): void {
  const names = Object.keys(definition);
  // citty adds `dryRun` for `dry-run`.
  const accepted = names.flatMap((name) => [name, camelCase(name), ...aliasesOf(definition[name])]);
  if (accepted.includes(option)) return;
  const options = names.filter((name) => definition[name]?.type !== "positional").map((name) => `--${name}`);
  const typed = option.length === 1 ? `-${option}` : `--${option}`;
  const known = options.length === 0 ? "it has no options" : `its options are ${options.join(", ")}`;
  throw new AodError("USAGE", `no option ${typed}${didYouMean(typed, options)}; ${known}`);
}

/** The first positional that a verb requires, with what it takes: for the user who left it out. */
export function missingText({ meta, args }: VerbCommand): string | undefined {
  const required = Object.entries(args as ArgsDef).find(
    ([, { type, required }]) => type === "positional" && required !== false,
  );
  if (required === undefined) return undefined;
  const [name, argument] = required;
  return `${(meta as { name: string }).name} needs ${valueName(name, argument)}: ${argument.description}`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The name of a value, as the usage prints it. */
function valueName(name: string, { valueHint }: ArgsDef[string] = {}): string {
  return valueHint ?? name.toUpperCase();
}

/** The aliases of an option, without dashes. */
export function aliasesOf(argument: ArgsDef[string] | undefined): readonly string[] {
  const alias = argument !== undefined && "alias" in argument ? argument.alias : undefined;
  return alias === undefined ? [] : [alias].flat();
}
