// Plays the scenarios of the service in order, and prints a TAP line for each, as ../main.ts does for the others.
//
//   bun main.ts [--only TEXT]

import { unmountAll } from "../mount.ts";
import { endStrays, finish } from "../process.ts";
import { startServer } from "../server.ts";
import { lifeScenarios } from "./life.ts";
import { operatorScenarios } from "./operator.ts";
import { packageScenarios } from "./package.ts";
import { sandboxScenarios } from "./sandbox.ts";
import { install, journal, putAway } from "./service.ts";

export interface ServiceScenario {
  /** `subject: what must be true`. */
  readonly name: string;
  run(): Promise<void>;
}

// The first one needs a kernel that has not loaded cifs yet; after the last one nothing is installed.
const SCENARIOS: readonly ServiceScenario[] = [
  ...lifeScenarios,
  ...sandboxScenarios,
  ...operatorScenarios,
  ...packageScenarios,
];

/** Facts that help to find the cause of a failure. */
const LOOK = [
  ["systemctl", "status", "--no-pager", "aod"],
  ["dmesg"],
  ["tail", "-n", "20", "/var/log/samba/log.smbd"],
  ["ps", "-eo", "pid,stat,cgroup,args"],
];

const only = process.argv[2] === "--only" ? (process.argv[3] ?? "") : "";
const chosen = SCENARIOS.filter((scenario) => scenario.name.includes(only));

say(`1..${chosen.length}`);
await startServer();
await install();
for (const [index, scenario] of chosen.entries()) {
  const started = performance.now();
  const failure = await play(scenario);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`${failure === undefined ? "ok" : "not ok"} ${index + 1} - ${scenario.name} (${seconds} s)`);
  if (failure !== undefined) say(failure.replace(/^/gm, "#   "));
}

async function play(scenario: ServiceScenario): Promise<string | undefined> {
  try {
    await scenario.run();
    return undefined;
  } catch (error) {
    const parts = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    for (const argv of LOOK) {
      const { stdout, stderr } = await finish(argv);
      parts.push(`-- ${argv.join(" ")}`, (stdout + stderr).split("\n").slice(-30).join("\n"));
    }
    parts.push("-- journal", (await journal()).split("\n").slice(-60).join("\n"));
    return parts.join("\n");
  } finally {
    await endStrays();
    await putAway();
    await unmountAll();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
