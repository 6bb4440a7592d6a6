// Plays the scenarios in order and prints a line for each, in TAP's form: the plan first, `ok` or `not ok`, and what a
// failed one left behind as comments. The host counts these lines; what never came counts as failed there.
//
//   bun main.ts [--only "TEXT|TEXT"] [--without "BEGINNING|BEGINNING"]

import { readFileSync } from "node:fs";
import { play } from "./scenario.ts";
import { aodScenarios } from "./scenarios/aod.ts";
import { boundsScenarios } from "./scenarios/bounds.ts";
import { controlScenarios } from "./scenarios/control.ts";
import { errorScenarios } from "./scenarios/errors.ts";
import { fieldScenarios } from "./scenarios/field.ts";
import { guestScenarios } from "./scenarios/guest.ts";
import { hungScenarios } from "./scenarios/hung.ts";
import { latencyScenarios } from "./scenarios/latency.ts";
import { moduleScenarios } from "./scenarios/module.ts";
import { longQuietScenarios, quietScenarios } from "./scenarios/quiet.ts";
import { safetyScenarios } from "./scenarios/safety.ts";
import { situationScenarios } from "./scenarios/situations.ts";
import { troubleScenarios } from "./scenarios/trouble.ts";
import { verdictScenarios } from "./scenarios/verdict.ts";
import { startServer } from "./server.ts";

// The first ones need a kernel that has not loaded cifs yet.
const SCENARIOS = [
  ...moduleScenarios,
  ...guestScenarios,
  ...aodScenarios,
  ...fieldScenarios,
  ...controlScenarios,
  ...latencyScenarios,
  ...hungScenarios,
  ...errorScenarios,
  ...troubleScenarios,
  ...verdictScenarios,
  ...safetyScenarios,
  ...situationScenarios,
  ...boundsScenarios,
  ...quietScenarios,
  ...longQuietScenarios(Number(readFileSync("/payload/quiet-minutes", "utf8"))),
];

const [only, without] = [textsOf("--only"), textsOf("--without")];
const chosen = SCENARIOS.filter(
  ({ name }) =>
    (only.length === 0 || only.some((text) => name.includes(text))) &&
    !without.some((beginning) => name.startsWith(beginning)),
);

say(`1..${chosen.length}`);
await startServer();
for (const [index, scenario] of chosen.entries()) {
  const started = performance.now();
  const failure = await play(scenario);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`${failure === undefined ? "ok" : "not ok"} ${index + 1} - ${scenario.name} (${seconds} s)`);
  if (failure !== undefined) say(failure.replace(/^/gm, "#   "));
}

function textsOf(option: string): readonly string[] {
  const at = process.argv.indexOf(option);
  return at < 0 ? [] : (process.argv[at + 1] ?? "").split("|").filter((text) => text !== "");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
