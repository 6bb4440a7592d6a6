// Whether captures can be kept where the configuration says, and whether the programs that its actions run are there.
// In: a configuration; out: findings. It writes nothing and makes no folder; what is decided of disk space is pure.

import { accessSync, constants, existsSync, readdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StoredCapture } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import { bytesText } from "../model/figure.ts";
import { findAction } from "../runner/actions.ts";
import { findProgram, SEARCH_PATH } from "../runner/program.ts";
import { VERDICT_ACTIONS } from "../runner/verdict-facts.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { type Holder, lockHolder } from "../system/lock-holder.ts";
import { fileSystemOf, remoteFileSystemOf } from "../system/mounts.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";

/** AODv2's captures, which may stand in the same folder and are left alone. */
const AODV2_NAME = /^aod_(quick|capture)_/;
/** Its SpaceWatcher deletes whatever is in `batches/`, the biggest first. */
const SHARED = warn(
  "output folder",
  "AODv2 keeps its files in it too: aod leaves them alone, but AODv2 deletes captures of aod when its own limit is reached",
  "set aod_output_dir to a folder of its own while both run",
);

export interface Space {
  readonly outputDir: string;
  readonly freeBytes: number;
  /** What captures take already, and what of it somebody keeps. */
  readonly usedBytes: number;
  readonly keptBytes: number;
}

/** @param stored captures that are there. */
export function outputFindings(config: Config, stored: readonly StoredCapture[]): readonly Finding[] {
  const { outputDir } = config;
  const remote = remoteFinding("output folder", "aod_output_dir", outputDir);
  if (remote !== undefined) return [remote];
  const nearest = nearestExisting(outputDir);
  if (!isWritable(nearest)) {
    const todo = "choose another aod_output_dir, or make it writable for the user that runs aod";
    return [bad("output folder", `${nearest} is not writable`, todo, "OUTPUT_UNUSABLE")];
  }
  const { bavail, bsize } = statfsSync(nearest);
  const space = {
    outputDir,
    freeBytes: bavail * bsize,
    usedBytes: sumBytes(stored),
    keptBytes: sumBytes(stored.filter(({ isPinned }) => isPinned)),
  };
  return [...spaceFindings(space, config), ...neighbours(outputDir)];
}

/** The file of metrics where aod would not start for it; nothing where it would, or there is none. */
export function textfileFindings(
  { metrics }: Pick<Config, "metrics">,
  whereIs = fileSystemOf,
): readonly Finding[] {
  const { path } = metrics?.textfile ?? {};
  const remote = path === undefined ? undefined : remoteFinding("metrics", "metrics.textfile", path, whereIs);
  return remote === undefined ? [] : [remote];
}

/** @param key of the configuration that names the path. */
function remoteFinding(
  subject: string,
  key: string,
  path: string,
  whereIs = fileSystemOf,
): Finding | undefined {
  const fileSystem = remoteFileSystemOf(path, whereIs);
  if (fileSystem === undefined) return undefined;
  const found = `${path} is on ${fileSystem.type}, mounted at ${fileSystem.mountPoint}`;
  return bad(subject, found, `set ${key} to a local file system`, "CONFIG_INVALID");
}

export function toolFindings({ rules, defaultActions, customActions }: Config): readonly Finding[] {
  const asked = [...defaultActions, ...rules.flatMap(({ actions }) => actions)];
  const names = new Set([...asked, ...VERDICT_ACTIONS]);
  const programs = [...names].flatMap((name) => {
    const action = findAction(name, customActions);
    return action === undefined || "render" in action ? [] : [{ name, program: action.program }];
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
  const isRemote = program.startsWith("/") && remoteFileSystemOf(program) !== undefined;
  return !isRemote && findProgram(program) !== undefined;
}

/** Room against what captures may take, and against what has to stay free for one to be made at all. */
export function spaceFindings(
  { outputDir, freeBytes, usedBytes, keptBytes }: Space,
  { cleanup, capture }: Pick<Config, "cleanup" | "capture">,
): readonly Finding[] {
  const capBytes = cleanup.maxTotalBytes;
  const uses = usedBytes === 0 ? "" : ` and take ${bytesText(usedBytes)} now`;
  const found = `${outputDir}, ${bytesText(freeBytes)} free, captures may take ${bytesText(capBytes)}${uses}`;
  const keptTodo = "aod captures keep --undo, aod captures rm, or raise cleanup.max_total_log_size_mb";
  const kept =
    keptBytes <= capBytes
      ? []
      : [warn("output folder", `pinned captures alone take ${bytesText(keptBytes)}`, keptTodo)];
  return [spaceFinding(found, freeBytes, capBytes - usedBytes, capture.minFreeBytes), ...kept];
}

function spaceFinding(found: string, freeBytes: number, toComeBytes: number, floorBytes: number): Finding {
  if (freeBytes < floorBytes) {
    const todo = "make room, or lower capture.min_free_mb";
    const floor = `below ${bytesText(floorBytes)} (capture.min_free_mb) no capture is made`;
    return warn("output folder", `${found}; ${floor}`, todo);
  }
  if (freeBytes >= toComeBytes) return ok("output folder", found);
  return warn("output folder", found, "lower cleanup.max_total_log_size_mb, or make room");
}

function sumBytes(captures: readonly StoredCapture[]): number {
  return captures.reduce((sum, { bytes }) => sum + bytes, 0);
}

function neighbours(outputDir: string): readonly Finding[] {
  const batches = join(outputDir, BATCHES);
  const shared = existsSync(batches) && readdirSync(batches).some((name) => AODV2_NAME.test(name));
  return shared ? [SHARED] : [];
}

/** @param allTasksShown without it, whoever is not in the kernel's list may hold the lock all the same. */
export function findHolder(outputDir: string, allTasksShown: boolean): Holder {
  // Not to be touched; and no daemon starts there.
  if (remoteFileSystemOf(outputDir) !== undefined) return "unknown";
  const holder = lockHolder(join(outputDir, "aod.lock"));
  return holder === "none" && !allTasksShown ? "unknown" : holder;
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
