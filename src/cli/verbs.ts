// The table of verbs: what was typed in, an exit code out. The only place that turns failures of commands into words
// and codes; sysexits.h gives the numbers.

import { type CommandDef, renderUsage, runCommand } from "citty";
import { type Failure, toFailure } from "../model/failure.ts";
import { commit, version } from "../model/version.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { CONFIG_ARGUMENT } from "./arguments.ts";
import { checkCommand } from "./check.ts";
import { makeDemoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { incidentsCommand } from "./incidents.ts";
import { makeRunCommand } from "./run.ts";

const EX_USAGE = 64;

/** Runs what was typed. @returns the exit code. */
export async function runVerbs(argv: readonly string[], spawn: SpawnTable): Promise<number> {
  process.stdout.on("error", endQuietly);
  const subCommands: Readonly<Record<string, CommandDef>> = {
    run: makeRunCommand(spawn),
    check: checkCommand,
    doctor: doctorCommand,
    incidents: incidentsCommand,
    demo: makeDemoCommand(spawn),
  };
  const main: CommandDef = {
    meta: { name: "aod", version, description: "Always-on diagnostics for the kernel's SMB client" },
    args: CONFIG_ARGUMENT,
    default: "run",
    subCommands,
  };
  if (argv[0] === "--version" || argv[0] === "-v") {
    process.stdout.write(`aod ${version} (${commit})\n`);
    return 0;
  }
  if (argv.includes("--help") || argv.includes("-h")) {
    const verb = subCommands[argv[0] ?? ""];
    const usage = await (verb === undefined ? renderUsage(main) : renderUsage(verb, main));
    process.stdout.write(`${process.stdout.isTTY ? usage : Bun.stripANSI(usage)}\n`);
    return 0;
  }
  try {
    await runCommand(main, { rawArgs: [...argv] });
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return explain(thrown);
  }
}

/** Whoever read our output has gone, as `head` does: nothing is wrong. */
function endQuietly(error: Error): void {
  if ((error as NodeJS.ErrnoException).code === "EPIPE") process.exit(0);
  throw error;
}

function explain(thrown: unknown): number {
  // citty's own errors are about what was typed.
  if (thrown instanceof Error && thrown.name === "CLIError") {
    process.stderr.write(`aod: ${Bun.stripANSI(thrown.message)}; aod --help shows what there is\n`);
    return EX_USAGE;
  }
  const failure = toFailure(thrown);
  process.stderr.write(`aod: ${sentence(failure)}\n`);
  if (failure.code === "BUG" && failure.stack !== undefined) process.stderr.write(`${failure.stack}\n`);
  return exitCodeOf(failure.code);
}

function sentence({ message, causes, context }: Failure): string {
  const why = causes.filter((cause) => !message.includes(cause));
  const verifier =
    typeof context.verifier === "string" && context.verifier !== "" ? `\n${context.verifier}` : "";
  return [message, ...why].join(": ") + verifier;
}
