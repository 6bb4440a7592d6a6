// What was typed in, an exit code out. The only place that turns failures of commands into words
// and codes; sysexits.h gives the numbers.

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

/** Runs what was typed, and nothing can be written any more. @returns the exit code. */
export async function runVerbs(argv: readonly string[], spawn: SpawnTable): Promise<number> {
  process.stdout.on("error", endQuietly);
  const exitCode = await obey(argv, spawn);
  process.stdout.off("error", endQuietly);
  const lost = await finish(process.stdout);
  const lostCode = lost === undefined || hasGone(lost) ? 0 : explain(outputFailure(lost));
  await finishLog();
  await finish(process.stderr);
  return exitCode === 0 ? lostCode : exitCode;
}

/**
 * What a pipe has no room for (64 KiB, pipe(7)) waits in this process and would end with it. Resolves when it has been
 * taken, with undefined, or can't be.
 */
function finish(stream: NodeJS.WriteStream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let failure: Error | undefined;
    // Stays: a late line of the log is no reason to fail.
    stream.on("error", (error) => {
      failure = error;
      resolve(failure);
    });
    // Bun tells of the end before it tells of what went wrong with the last bytes.
    stream.end(() => setImmediate(() => resolve(failure)));
  });
}

async function obey(argv: readonly string[], spawn: SpawnTable): Promise<number> {
  const { main, verbs } = makeCommands(spawn);
  const [first = ""] = argv;
  if (VERSION_WORDS.has(first)) {
    process.stdout.write(versionText());
    return 0;
  }
  try {
    // At a prompt a bare `aod` asks what it can do; a service manager and a script mean the daemon.
    const isLost = argv.length === 0 && process.stdin.isTTY === true && process.stdout.isTTY === true;
    if (isLost || first === "help" || argv.includes("--help") || argv.includes("-h")) {
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

/** `--config FILE status` is `status --config FILE`: citty gives what stands before a verb to nobody. */
export function verbFirst(
  argv: readonly string[],
  verbs: Readonly<Record<string, unknown>>,
): readonly string[] {
  const before = argv[0] === "--config" ? 2 : argv[0]?.startsWith("--config=") ? 1 : 0;
  const verb = argv[before];
  if (before === 0 || verb === undefined || !Object.hasOwn(verbs, verb)) return argv;
  return [verb, ...argv.slice(before + 1), ...argv.slice(0, before)];
}

/** `incidents` takes an id itself; the words that `captures` has for the same are taken too. */
export function plainIncidents([verb, word, ...rest]: readonly string[]): readonly string[] {
  const isRedundant = verb === "incidents" && ["show", "list", "ls"].includes(word ?? "");
  return [verb, ...(isRedundant ? [] : [word]), ...rest].filter((one) => one !== undefined);
}

/** Undefined where what was typed begins with none. */
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

/** This build, and on a line of its own what is inside it. */
function versionText(): string {
  const parts = Object.entries(inside).map(([name, of]) => `${name} ${of}`);
  return `aod ${version} (${commit})\n${parts.length === 0 ? "" : `${parts.join(", ")}\n`}`;
}

function endQuietly(error: Error): void {
  if (hasGone(error)) process.exit(0);
  process.exit(explain(outputFailure(error)));
}

/** Whoever read our output, as `head` does, or the terminal: nothing is wrong. */
function hasGone(error: Error): boolean {
  return ["EPIPE", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function outputFailure(error: Error): AodError {
  return fileFailure("write the output", errnoOf(error));
}

/** Failures hold what was typed, and names of files and servers: here, and nowhere before, they are made harmless. */
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
