// `aod doctor`: checks whether this host can run aod with the configuration of a start. It prints a line for each
// check, with what to do if something is wrong. The exit code is that of a start.

import type { ArgsDef } from "citty";
import type { DoctorOfApi } from "../api/doctor.ts";
import { readHostMountinfo } from "../cifs/proc.ts";
import { type FoundConfig, findConfig } from "../config/file.ts";
import { askOnce } from "../control/client.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { printProblems } from "../daemon/problems.ts";
import { bpfFindings } from "../doctor/bpf.ts";
import { clientListsFindings, readClientLists } from "../doctor/client-lists.ts";
import { clockFinding } from "../doctor/clock.ts";
import { configFinding } from "../doctor/configuration.ts";
import { type DaemonFacts, daemonFinding, NOT_RUNNING, START, troubleFindings } from "../doctor/daemon.ts";
import type { Finding, Severity } from "../doctor/finding.ts";
import {
  kernelFinding,
  lockdownFinding,
  moduleFinding,
  privilegesFinding,
  readHost,
  tasksFinding,
} from "../doctor/host.ts";
import { journalFinding, readJournal } from "../doctor/journal.ts";
import { kernelLogFinding } from "../doctor/kernel-log.ts";
import { readKernelSettings, settingsFindings } from "../doctor/kernel-settings.ts";
import { mountFindings } from "../doctor/mounts.ts";
import { findHolder, outputFindings, textfileFindings, toolFindings } from "../doctor/output.ts";
import { findForbidden, sandboxFindings } from "../doctor/sandbox.ts";
import { readServices, serviceFindings } from "../doctor/services.ts";
import { readUnitSandbox } from "../doctor/unit.ts";
import type { StoredCapture } from "../model/capture.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { version } from "../model/version.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { readClockState } from "../system/clock-state.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { capturesIn } from "./choose-capture.ts";
import { printJson, printLines } from "./print.ts";

const ARGUMENTS = {
  json: { type: "boolean", description: "what was found, for programs" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

const SUBJECT_COLUMNS = 15;
const MARKS: Readonly<Record<Severity, string>> = { ok: "ok", note: "--", warn: "!!", bad: "NO" };

export const doctorCommand = makeVerb({
  name: "doctor",
  description: "can this host run aod, and what to do where it can't",
  args: ARGUMENTS,
  examples: [
    { command: "aod doctor", meaning: "before the first start, and if nothing is caught" },
    { command: "aod doctor --json | jq '.findings[] | select(.todo)'", meaning: "what there is to do" },
  ],
  run: async ({ config, json }) => {
    const found = findConfig(config);
    const findings = await examine(found);
    const worst = findings.find(({ severity }) => severity === "bad");
    const exitCode = worst?.code === undefined ? 0 : exitCodeOf(worst.code);
    printProblems(found.problems);
    if (json === true) printJson({ version, exit_code: exitCode, findings: findings.map(encodeFinding) });
    else printLines([...findings.flatMap(linesOf), "", summaryOf(findings)]);
    return exitCode;
  },
});

async function examine(found: FoundConfig): Promise<readonly Finding[]> {
  const host = readHost();
  const [unit, services, said] = await Promise.all([readUnitSandbox(), readServices(), askDaemon()]);
  const { config } = found;
  const clientLists = readClientLists();
  return [
    kernelFinding(host),
    privilegesFinding(host),
    lockdownFinding(host),
    tasksFinding(host),
    ...bpfFindings(host.cifsLoaded),
    ...settingsFindings(readKernelSettings()),
    moduleFinding(host),
    ...mountFindings(readHostMountinfo() ?? "", clientLists.data),
    ...clientListsFindings(clientLists.readability),
    clockFinding(readClockState()),
    kernelLogFinding(),
    journalFinding(readJournal()),
    configFinding(found),
    ...(config === undefined
      ? []
      : [
          ...outputFindings(config, storedIn(config.outputDir)),
          ...textfileFindings(config),
          ...toolFindings(config),
        ]),
    ...(config === undefined ? [] : [daemonOf(config.outputDir, said, host.allTasksShown)]),
    ...troubleFindings(said),
    ...serviceFindings(services),
    ...(config === undefined || unit === undefined ? [] : sandboxFindings(findForbidden(config, unit))),
  ];
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const [bad, warnings] = [count("bad"), count("warn")];
  if (bad > 0)
    return `aod can't run here: ${bad} of these ${bad === 1 ? "keeps" : "keep"} it from working (NO)`;
  if (findings.some(({ found }) => found === NOT_RUNNING))
    return `aod can run here, but it does not: nothing is watched. Start it: ${START}`;
  if (warnings === 0) return "aod can run here, and sees everything";
  return `aod can run here; ${warnings} of these make${warnings === 1 ? "s" : ""} it see or keep less (!!)`;
}

/** The lines of a finding, with control characters escaped: mounts and files have any names. */
function linesOf({ subject, severity, found, todo }: Finding): readonly string[] {
  const line = `${MARKS[severity]}  ${subject.padEnd(SUBJECT_COLUMNS)} ${escapeControls(found)}`;
  const [first, ...more] = todo?.split("\n").map(escapeControls) ?? [];
  if (first === undefined) return [line];
  const indent = " ".repeat(SUBJECT_COLUMNS + 5);
  return [line, `${indent}to do: ${first}`, ...more.map((next) => `${indent}       ${next}`)];
}

function encodeFinding({ subject, severity, found, todo, code }: Finding): DoctorOfApi["findings"][number] {
  return { subject, verdict: severity, found, todo: todo ?? null, code: code ?? null };
}

function daemonOf(outputDir: string, said: Omit<DaemonFacts, "holder">, allTasksShown: boolean): Finding {
  return daemonFinding({ holder: findHolder(outputDir, allTasksShown), ...said }, version, outputDir);
}

/** The state of the running daemon, or the reason why it does not answer. */
async function askDaemon(): Promise<Omit<DaemonFacts, "holder">> {
  try {
    const { status } = await askOnce(findSocketPath(process.env), { ask: "status" }, "status");
    const { version: its, pid, output_dir: outputDir } = status.daemon;
    const troubles = status.troubles.map(({ subject, text, over_at }) => ({
      subject,
      text,
      isOver: over_at !== null,
    }));
    const { state } = status.watching;
    return { answer: { version: its, pid, state, outputDir, troubles }, silence: undefined };
  } catch (error) {
    if (error instanceof AodError) return { answer: undefined, silence: error.message };
    throw error;
  }
}

/** Empty if the folder is missing or can't be read: another finding reports that. */
function storedIn(outputDir: string): readonly StoredCapture[] {
  try {
    return capturesIn(outputDir);
  } catch (error) {
    if (error instanceof AodError) return [];
    throw error;
  }
}
