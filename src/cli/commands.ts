// The table of commands: the program runs them, and the help, the manual page and the completions are made from them.

import type { CommandDef } from "citty";
import { version } from "../model/version.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { CONFIG_ARGUMENT, type VerbCommand } from "./arguments.ts";
import { capturesCommand } from "./captures.ts";
import { checkCommand } from "./check.ts";
import { makeDemoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { incidentsCommand } from "./incidents.ts";
import { logsCommand } from "./logs.ts";
import { reportCommand } from "./report.ts";
import { rulesCommand } from "./rules.ts";
import { makeRunCommand } from "./run.ts";
import { snapshotCommand } from "./snapshot.ts";
import { statusCommand } from "./status.ts";
import { makeTopCommand } from "./top.ts";

export interface Commands {
  readonly main: CommandDef;
  /** By the word that is typed; the same as the sub-commands of `main`. */
  readonly verbs: Readonly<Record<string, VerbCommand>>;
}

export function makeCommands(spawn: SpawnTable): Commands {
  const verbs: Readonly<Record<string, VerbCommand>> = {
    run: makeRunCommand(spawn),
    check: checkCommand,
    doctor: doctorCommand,
    status: statusCommand,
    rules: rulesCommand,
    top: makeTopCommand(spawn),
    snapshot: snapshotCommand,
    incidents: incidentsCommand,
    captures: capturesCommand,
    logs: logsCommand,
    report: reportCommand,
    demo: makeDemoCommand(spawn),
  };
  const main: CommandDef = {
    meta: { name: "aod", version, description: "Always-on diagnostics for the kernel's SMB client" },
    args: CONFIG_ARGUMENT,
    default: "run",
    subCommands: verbs,
  };
  return { main, verbs };
}
