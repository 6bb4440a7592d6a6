// Whether captures can be kept where the configuration says, and whether the programs that its actions run are there.
// In: a configuration; out: findings. It writes nothing and makes no folder.

import { accessSync, constants, existsSync, readdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../model/config.ts";
import { findAction } from "../runner/actions.ts";
import { findProgram, SEARCH_PATH } from "../runner/program.ts";
import { VERDICT_ACTIONS } from "../runner/verdict-facts.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { takeLock } from "../system/lock.ts";
import { fileSystemOf, isNetworkFileSystem } from "../system/mounts.ts";
import { bad, type Finding, note, ok, warn } from "./finding.ts";

const MiB = 1024 * 1024;
/** AODv2's captures, which may stand in the same folder and are left alone. */
const AODV2_NAME = /^aod_(quick|capture)_/;

export function outputFindings({ outputDir, cleanup }: Config): readonly Finding[] {
  const fileSystem = fileSystemOf(outputDir);
  if (fileSystem !== undefined && isNetworkFileSystem(fileSystem.type)) {
    const found = `${outputDir} is on ${fileSystem.type}, mounted at ${fileSystem.mountPoint}`;
    return [bad("output folder", found, "set aod_output_dir to a local file system", "CONFIG_INVALID")];
  }
  const nearest = nearestExisting(outputDir);
  if (!isWritable(nearest)) {
    const todo = "choose another aod_output_dir, or make it writable for the user that runs aod";
    return [bad("output folder", `${nearest} is not writable`, todo, "OUTPUT_UNUSABLE")];
  }
  return [spaceFinding(nearest, outputDir, cleanup.maxTotalBytes), ...neighbours(outputDir)];
}

export function toolFindings({ rules, defaultActions, customActions }: Config): readonly Finding[] {
  const asked = [...defaultActions, ...rules.flatMap(({ actions }) => actions)];
  const names = new Set([...asked, ...VERDICT_ACTIONS]);
  const programs = [...names].flatMap((name) => {
    const action = findAction(name, customActions);
    return action === undefined || "look" in action ? [] : [{ name, program: action.program }];
  });
  const missing = programs.filter(({ program }) => !isThere(program));
  if (missing.length === 0) return [ok("tools", `everything that ${names.size} actions need`)];
  return missing.map(({ name, program }) => {
    const where = program.startsWith("/") ? "" : ` (looked for in ${SEARCH_PATH})`;
    return warn("tools", `action ${name} needs ${program}`, `install ${program}${where}`);
  });
}

/** What is on a network file system is not touched, and never run. */
function isThere(program: string): boolean {
  const fileSystem = program.startsWith("/") ? fileSystemOf(program) : undefined;
  const isRemote = fileSystem !== undefined && isNetworkFileSystem(fileSystem.type);
  return !isRemote && findProgram(program) !== undefined;
}

function spaceFinding(existing: string, outputDir: string, capBytes: number): Finding {
  const { bavail, bsize } = statfsSync(existing);
  const freeBytes = bavail * bsize;
  const found = `${outputDir}, ${Math.floor(freeBytes / MiB)} MiB free, captures may take ${Math.floor(capBytes / MiB)} MiB`;
  if (freeBytes >= capBytes) return ok("output folder", found);
  return warn("output folder", found, "lower cleanup.max_total_log_size_mb, or make room");
}

function neighbours(outputDir: string): readonly Finding[] {
  const lockFile = join(outputDir, "aod.lock");
  const lock = existsSync(lockFile) && isWritable(lockFile) ? takeLock(lockFile) : undefined;
  if (lock?.locked) lock.release();
  const batches = join(outputDir, BATCHES);
  const shared = existsSync(batches) && readdirSync(batches).some((name) => AODV2_NAME.test(name));
  return [
    ...(lock?.locked === false
      ? [note("output folder", `aod is running on it, pid ${lock.holderPid ?? "unknown"}`)]
      : []),
    ...(shared ? [note("output folder", "AODv2 keeps captures in it too; aod leaves them alone")] : []),
  ];
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === "/" ? path : nearestExisting(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Whatever the reason, nothing can be written.
    return false;
  }
}
