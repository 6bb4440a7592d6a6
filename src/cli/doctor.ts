// `aod doctor`: can this host run it. In: the configuration that a start would use; out: a line for each thing looked
// at, what to do about those that are not right, and the exit code that a start would end with.

import { findConfig } from "../config/file.ts";
import { bpfFindings } from "../doctor/bpf.ts";
import { configFinding } from "../doctor/configuration.ts";
import type { Finding, Verdict } from "../doctor/finding.ts";
import {
  kernelFinding,
  lockdownFinding,
  moduleFinding,
  privilegesFinding,
  readHost,
  tasksFinding,
} from "../doctor/host.ts";
import { outputFindings, toolFindings } from "../doctor/output.ts";
import { findForbidden, sandboxFindings } from "../doctor/sandbox.ts";
import { readUnitSandbox } from "../doctor/unit.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { printProblems } from "./problems.ts";

const SUBJECT_COLUMNS = 15;
const MARKS: Readonly<Record<Verdict, string>> = { ok: "ok", note: "--", warn: "!!", bad: "NO" };

export const doctorCommand = makeVerb({
  name: "doctor",
  description: "can this host run aod, and what to do where it can't",
  args: CONFIG_ARGUMENT,
  examples: [{ command: "aod doctor", meaning: "before the first start, and where nothing is caught" }],
  run: ({ config }) => examine(config),
});

async function examine(file: string | undefined): Promise<number> {
  const host = readHost();
  const unit = await readUnitSandbox();
  const found = findConfig(file);
  const { config } = found;
  const findings: readonly Finding[] = [
    kernelFinding(host),
    privilegesFinding(host),
    lockdownFinding(host),
    tasksFinding(host),
    ...bpfFindings(host.cifsLoaded),
    moduleFinding(host),
    configFinding(found),
    ...(config === undefined ? [] : [...outputFindings(config), ...toolFindings(config)]),
    ...(config === undefined || unit === undefined ? [] : sandboxFindings(findForbidden(config, unit))),
  ];
  printProblems(found.problems);
  process.stdout.write(`${findings.flatMap(linesOf).join("\n")}\n`);
  const worst = findings.find(({ verdict }) => verdict === "bad");
  return worst?.code === undefined ? 0 : exitCodeOf(worst.code);
}

function linesOf({ subject, verdict, found, todo }: Finding): readonly string[] {
  const line = `${MARKS[verdict]}  ${subject.padEnd(SUBJECT_COLUMNS)} ${found}`;
  const [first, ...more] = todo?.split("\n") ?? [];
  if (first === undefined) return [line];
  const indent = " ".repeat(SUBJECT_COLUMNS + 5);
  return [line, `${indent}to do: ${first}`, ...more.map((next) => `${indent}       ${next}`)];
}
