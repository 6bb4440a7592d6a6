// Checks whether captures can be stored where the configuration says, and whether the programs of its actions exist. It
// writes nothing and creates no folder; the decisions on disk space are pure.

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

/** Captures of AODv2, which may be in the same folder; aod does not touch them. */
const AODV2_NAME = /^aod_(quick|capture)_/;
/** The SpaceWatcher of AODv2 deletes everything in `batches/`, the biggest first. */
const SHARED = warn(
  "output folder",
  "AODv2 uses it too: aod does not touch its files, but AODv2 deletes captures of aod when it reaches its own limit",
  "set aod_output_dir to another folder while both run",
);

export interface Space {
  readonly outputDir: string;
  readonly freeBytes: number;
  /** Size of all captures. */
  readonly usedBytes: number;
  /** Size of the pinned ones among them. */
  readonly pinnedBytes: number;
}

/** @param stored captures on disk. */
export function outputFindings(config: Config, stored: readonly StoredCapture[]): readonly Finding[] {
  const { outputDir } = config;
  const remote = remoteFinding("output folder", "aod_output_dir", outputDir);
  if (remote !== undefined) return [remote];
  const nearest = nearestExisting(outputDir);
  if (!isWritable(nearest)) {
    const todo = "choose another aod_output_dir, or make this folder writable for the user that runs aod";
    return [bad("output folder", `${nearest} is not writable`, todo, "OUTPUT_UNUSABLE")];
  }
  const { bavail, bsize } = statfsSync(nearest);
  const space = {
    outputDir,
    freeBytes: bavail * bsize,
    usedBytes: sumBytes(stored),
    pinnedBytes: sumBytes(stored.filter(({ isPinned }) => isPinned)),
  };
  return [...spaceFindings(space, config), ...neighbours(outputDir)];
}

/** A finding if aod would not start because of `metrics.textfile`; otherwise empty. */
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
  if (missing.length === 0) return [ok("tools", `the programs of all ${names.size} actions are installed`)];
  return missing.map(({ name, program }) => {
    const where = program.startsWith("/") ? "" : ` (in one of ${SEARCH_PATH})`;
    return warn("tools", `the action ${name} needs ${program}`, `install ${program}${where}`);
  });
}

/** Programs on a network file system are not touched and never run. */
function isThere(program: string): boolean {
  const isRemote = program.startsWith("/") && remoteFileSystemOf(program) !== undefined;
  return !isRemote && findProgram(program) !== undefined;
}

/** Compares the free space with the limit of captures and with the space that must stay free for a capture. */
export function spaceFindings(
  { outputDir, freeBytes, usedBytes, pinnedBytes }: Space,
  { cleanup, capture }: Pick<Config, "cleanup" | "capture">,
): readonly Finding[] {
  const capBytes = cleanup.maxTotalBytes;
  const uses = usedBytes === 0 ? "" : ` and use ${bytesText(usedBytes)} now`;
  const found = `${outputDir}, ${bytesText(freeBytes)} free, captures may use ${bytesText(capBytes)}${uses}`;
  const pinnedTodo = "aod captures keep --undo, aod captures rm, or raise cleanup.max_total_log_size_mb";
  const pinned =
    pinnedBytes <= capBytes
      ? []
      : [warn("output folder", `pinned captures alone use ${bytesText(pinnedBytes)}`, pinnedTodo)];
  return [spaceFinding(found, freeBytes, capBytes - usedBytes, capture.minFreeBytes), ...pinned];
}

function spaceFinding(found: string, freeBytes: number, toComeBytes: number, floorBytes: number): Finding {
  if (freeBytes < floorBytes) {
    const todo = "free space, or lower capture.min_free_mb";
    const floor = `below ${bytesText(floorBytes)} (capture.min_free_mb) no capture is made`;
    return warn("output folder", `${found}; ${floor}`, todo);
  }
  if (freeBytes >= toComeBytes) return ok("output folder", found);
  return warn("output folder", found, "lower cleanup.max_total_log_size_mb, or free space");
}

function sumBytes(captures: readonly StoredCapture[]): number {
  return captures.reduce((sum, { bytes }) => sum + bytes, 0);
}

function neighbours(outputDir: string): readonly Finding[] {
  const batches = join(outputDir, BATCHES);
  const shared = existsSync(batches) && readdirSync(batches).some((name) => AODV2_NAME.test(name));
  return shared ? [SHARED] : [];
}

/** @param allTasksShown if false, a process that the kernel's list does not show may hold the lock. */
export function findHolder(outputDir: string, allTasksShown: boolean): Holder {
  // A network file system must not be touched, and no daemon starts there.
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
    // With any error, nothing can be written.
    return false;
  }
}
