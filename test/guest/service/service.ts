// aod as a service of this guest, seen from outside: its installation, its state in systemd, its journal, its captures.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Capture, openCapture } from "../capture.ts";
import { finish, run, waitFor } from "../process.ts";
import { SLOW_IO } from "../rules.ts";

export const CONFIG = "/etc/aod.yaml";
export const DROP_INS = "/payload/systemd/drop-ins";

const UNIT_FOLDER = "/etc/systemd/system";
const DROP_IN_FOLDER = `${UNIT_FOLDER}/aod.service.d`;
export const OUTPUT = "/var/log/aod";
/** On the emulated machine the verifier takes some seconds for the programs. */
const START_TIMEOUT_MS = 180_000;

export const SLOW_RULE = `
guardian:
  anomalies:
${SLOW_IO}`;

/** Installs aod by apt, from the repository of this version; nothing is started. */
export async function install(): Promise<void> {
  await aptGet("release", "install", "aod");
  await finish(["systemctl", "stop", "aod"], { timeoutMs: 60_000 });
}

/** Runs apt-get with one repository: `release` of this version, `next-release` of a higher one. */
export async function aptGet(repository: string, ...words: readonly string[]): Promise<void> {
  const list = "/etc/apt/sources.list.d/aod.list";
  // test/packages tests the signatures.
  writeFileSync(list, `deb [trusted=yes] file:/payload/${repository}/apt stable main\n`);
  const options = ["-o", `Dir::Etc::SourceList=${list}`, "-o", "Dir::Etc::SourceParts=-", "--yes"];
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  for (const asked of [["update"], words]) {
    const { exitCode, stdout, stderr } = await finish(["apt-get", ...options, ...asked], {
      env: environment,
      timeoutMs: START_TIMEOUT_MS,
    });
    assert.equal(exitCode, 0, `apt-get ${asked.join(" ")}: ${stdout}${stderr}`);
  }
}

/** Starts it with this configuration and these drop-ins by name, without files of earlier runs. */
export async function start(config: string, dropIns: Readonly<Record<string, string>> = {}): Promise<void> {
  rmSync(OUTPUT, { recursive: true, force: true });
  writeFileSync(CONFIG, config);
  await setDropIns(dropIns);
  const { exitCode, stderr } = await finish(["systemctl", "start", "aod"], { timeoutMs: START_TIMEOUT_MS });
  assert.equal(exitCode, 0, stderr + (await journal()));
}

/** Replaces the drop-ins. @param dropIns text by name. */
export async function setDropIns(dropIns: Readonly<Record<string, string>>): Promise<void> {
  rmSync(DROP_IN_FOLDER, { recursive: true, force: true });
  mkdirSync(DROP_IN_FOLDER);
  for (const [name, text] of Object.entries(dropIns)) writeFileSync(join(DROP_IN_FOLDER, name), text);
  await run("systemctl", "daemon-reload");
}

/** The drop-ins of the package. */
export function shippedDropIns(): Record<string, string> {
  const names = readdirSync(DROP_INS);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(DROP_INS, name), "utf8")]));
}

/** For the end of a scenario, whatever its result is. */
export async function putAway(): Promise<void> {
  await finish(["systemctl", "stop", "aod"], { timeoutMs: 60_000 });
  await finish(["systemctl", "reset-failed", "aod"]);
  await setDropIns({});
}

/** A property as `systemctl show` prints it. */
export async function show(property: string): Promise<string> {
  return (await run("systemctl", "show", "aod", "--value", `--property=${property}`)).trim();
}

export async function mainPid(): Promise<number> {
  return Number(await show("MainPID"));
}

/** Its log of this boot. */
export async function journal(): Promise<string> {
  return (await finish(["journalctl", "--unit=aod", "--no-pager", "--output=cat"])).stdout;
}

/** Waits until the line of `systemctl status` matches. */
export async function saysStatus(pattern: RegExp): Promise<void> {
  await waitFor(`the status ${pattern}`, async () => pattern.test(await show("StatusText")));
}

export async function isAttached(): Promise<void> {
  await saysStatus(/^watching every SMB request/);
}

export function captures(outputDir = OUTPUT): string[] {
  try {
    const names = readdirSync(join(outputDir, "batches"));
    return names.filter((name) => name.endsWith(".tar.zst")).toSorted();
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
    return [];
  }
}

/** Waits for this many captures, and opens the newest. */
export async function capture(count: number, outputDir = OUTPUT): Promise<Capture> {
  const names = await waitFor(`capture ${count}`, () => {
    const found = captures(outputDir);
    return found.length >= count ? found : undefined;
  });
  return openCapture(join(outputDir, "batches", names[count - 1] as string));
}

/** Makes a capture on demand, as an operator does, and opens it. */
export async function manualCapture(outputDir = OUTPUT): Promise<Capture> {
  const before = captures(outputDir).length;
  await run("systemctl", "kill", "--kill-whom=main", "--signal=USR1", "aod");
  return capture(before + 1, outputDir);
}

/** `name status` of all its actions. */
export function statuses({ manifest }: Capture): Record<string, string> {
  return Object.fromEntries(manifest.actions.map(({ name, status }) => [name, status]));
}

/** The reason why an action has less than it could have. */
export function reasonOf({ manifest }: Capture, name: string): string {
  return manifest.actions.find((action) => action.name === name)?.reason ?? "";
}
