// Runs a command line. The only place that turns failures of commands into messages and exit codes; sysexits.h has
// the numbers.

import { renderUsage, runCommand } from "citty";
import { didYouMean } from "../config/suggest.ts";
import { failureLines } from "../daemon/failure-lines.ts";
import { finishLog, printError } from "../log.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError, toFailure } from "../model/failure.ts";
import { errnoOf, fileFailure } from "../model/file-failure.ts";
import { commit, inside, version } from "../model/version.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { exampleLines, missingText, type VerbCommand } from "./arguments.ts";
import { type Commands, makeCommands } from "./commands.ts";

const EX_USAGE = 64;
const VERSION_WORDS: ReadonlySet<string> = new Set(["--version", "-v", "-V", "version"]);

/** Runs a command line and flushes the output; nothing can be written after that. @returns the exit code. */
export async function runVerbs(argv: readonly string[], spawn: SpawnTable): Promise<number> {
  process.stdout.on("error", endQuietly);
  const exitCode = await runCommandLine(argv, spawn);
  process.stdout.off("error", endQuietly);
  const lost = await finish(process.stdout);
  const lostCode = lost === undefined || hasGone(lost) ? 0 : explain(outputFailure(lost));
  await finishLog();
  await finish(process.stderr);
  return exitCode === 0 ? lostCode : exitCode;
}

/**
 * Flushes a stream. Output that a pipe has no room for (64 KiB, pipe(7)) is still in this process, and would be lost at
 * its exit. Resolves with undefined when the reader has taken it, or with the error if it can't.
 */
function finish(stream: NodeJS.WriteStream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let failure: Error | undefined;
    // The listener stays: a late line of the log must not end the process.
    stream.on("error", (error) => {
      failure = error;
      resolve(failure);
    });
    // Bun calls back before it reports an error of the last bytes.
    stream.end(() => setImmediate(() => resolve(failure)));
  });
}

async function runCommandLine(argv: readonly string[], spawn: SpawnTable): Promise<number> {
  const { main, verbs } = makeCommands(spawn);
  const [first = ""] = argv;
  if (VERSION_WORDS.has(first)) {
    process.stdout.write(versionText());
    return 0;
  }
  try {
    // A person who types `aod` alone wants the help; a service manager or a script has no terminal, and wants the
    // daemon.
    const isBare = argv.length === 0 && process.stdin.isTTY === true && process.stdout.isTTY === true;
    if (isBare || first === "help" || argv.includes("--help") || argv.includes("-h")) {
      const typed = first === "help" ? argv.slice(1) : argv;
      if (first === "help") rejectUnknownVerb(typed, verbs);
      await printHelp(main, verbOf(verbs, typed));
      return 0;
    }
    rejectUnknownVerb(argv, verbs);
    await runCommand(main, { rawArgs: [...plainIncidents(verbFirst(argv, verbs))] });
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return explain(thrown, verbOf(verbs, verbFirst(argv, verbs)));
  }
}

async function printHelp(main: Commands["main"], verb: VerbCommand | undefined): Promise<void> {
  const usage = await (verb === undefined ? renderUsage(main) : usageOf(verb, main));
  const examples = verb === undefined ? [] : ["", "EXAMPLES\n", ...exampleLines(verb.examples)];
  const shown = [usage.trimEnd(), ...examples, ""].join("\n");
  process.stdout.write(`${process.stdout.isTTY ? shown : Bun.stripANSI(shown)}\n`);
}

/** Throws USAGE for a first word that is neither a verb nor an option, and for a verb that is spelt as an option. */
function rejectUnknownVerb([first]: readonly string[], verbs: Commands["verbs"]): void {
  if (first === undefined || Object.hasOwn(verbs, first)) return;
  const word = first.replace(/^-+/, "").replace(/=.*/s, "");
  const isOption = first.startsWith("-");
  if (isOption && word === "config") return;
  if (isOption && Object.hasOwn(verbs, word))
    throw new AodError("USAGE", `no option ${first}; the command is aod ${word}, without dashes`);
  const hint = didYouMean(word, [...Object.keys(verbs), "help", "version"]);
  const what = isOption ? `no option ${first}` : `no command ${first}`;
  throw new AodError("USAGE", `${what}${hint}; aod help lists the commands`);
}

/** Moves options before a verb behind it: citty ignores the `--config FILE` of `--config FILE status`. */
export function verbFirst(
  argv: readonly string[],
  verbs: Readonly<Record<string, unknown>>,
): readonly string[] {
  const before = argv[0] === "--config" ? 2 : argv[0]?.startsWith("--config=") ? 1 : 0;
  const verb = argv[before];
  if (before === 0 || verb === undefined || !Object.hasOwn(verbs, verb)) return argv;
  return [verb, ...argv.slice(before + 1), ...argv.slice(0, before)];
}

/** Drops `show` and `list` behind `incidents`: it takes an id itself, and users know these words from `captures`. */
export function plainIncidents([verb, word, ...rest]: readonly string[]): readonly string[] {
  const isRedundant = verb === "incidents" && ["show", "list", "ls"].includes(word ?? "");
  return [verb, ...(isRedundant ? [] : [word]), ...rest].filter((one) => one !== undefined);
}

/** The verb of a command line; undefined if it begins with another word. */
function verbOf(
  verbs: Commands["verbs"],
  [name = "", next = ""]: readonly string[],
): VerbCommand | undefined {
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  const inner = verb?.verbs ?? {};
  return Object.hasOwn(inner, next) ? inner[next] : verb;
}

function usageOf(verb: VerbCommand, main: Commands["main"]): Promise<string> {
  return renderUsage(verb.verbs === undefined ? verb : { ...verb, subCommands: verb.verbs }, main);
}

/** This build, and on a second line the versions of its libraries. */
function versionText(): string {
  const parts = Object.entries(inside).map(([name, of]) => `${name} ${of}`);
  return `aod ${version} (${commit})\n${parts.length === 0 ? "" : `${parts.join(", ")}\n`}`;
}

function endQuietly(error: Error): void {
  if (hasGone(error)) process.exit(0);
  process.exit(explain(outputFailure(error)));
}

/** Whether the reader, such as `head`, or the terminal has gone: that is no failure. */
function hasGone(error: Error): boolean {
  return ["EPIPE", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function outputFailure(error: Error): AodError {
  return fileFailure("write the output", errnoOf(error));
}

/**
 * Prints a failure. It contains what was typed, and names of files and servers: control characters are escaped here,
 * and only here.
 */
function explain(thrown: unknown, verb?: VerbCommand): number {
  // citty's own errors are about what was typed.
  if (thrown instanceof Error && thrown.name === "CLIError") {
    const isMissing = verb !== undefined && "code" in thrown && thrown.code === "EARG";
    const text = isMissing ? missingText(verb) : undefined;
    const message = text ?? `${Bun.stripANSI(thrown.message)}; aod help lists the commands`;
    printError(`aod: ${escapeControls(message)}\n`);
    return EX_USAGE;
  }
  const failure = toFailure(thrown);
  printError(
    failureLines(failure)
      .map((line) => `${line}\n`)
      .join(""),
  );
  return exitCodeOf(failure.code);
}
