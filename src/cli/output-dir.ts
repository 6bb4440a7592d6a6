// The output folder for verbs that only read: its path by the configuration, its history, its captures. Errors have
// the exit code of their cause. It creates nothing, and accesses nothing on a network file system.

import { join } from "node:path";
import { findConfig } from "../config/file.ts";
import { printProblems } from "../daemon/problems.ts";
import { decodeHistory, type StoredEntry } from "../history/entry.ts";
import { readHistory } from "../history/file.ts";
import type { Config } from "../model/config.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { errnoOf, fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import { requireLocal } from "../supervisor/output-folder.ts";
import { type BatchesFolder, openBatchesToRead } from "../system/batches-folder.ts";

/** The path by the configuration. Throws the errors of `configOf`. */
export function outputDirOf(file: string | undefined): string {
  return configOf(file).outputDir;
}

/** The configuration that `--config` names. Throws the error with which a start would fail. */
export function configOf(file: string | undefined): Config {
  const found = findConfig(file);
  if (found.config !== undefined) return found.config;
  printProblems(found.problems);
  throw new AodError(found.code, found.summary);
}

/**
 * The history, oldest entry first; damaged lines are skipped and reported on standard error. Throws CONFIG_INVALID,
 * NOT_PERMITTED, OUTPUT_UNUSABLE.
 */
export function historyIn(outputDir: string): readonly StoredEntry[] {
  requireLocal(outputDir);
  const files = reading(outputDir, "the history", () => readHistory(outputDir));
  const { entries, skipped, firstSkipped } = decodeHistory(files);
  if (firstSkipped !== undefined) {
    const where = escapeControls(join(outputDir, firstSkipped));
    const lines =
      skipped === 1 ? "a damaged line of the history" : `${skipped} damaged lines of the history, the first`;
    process.stderr.write(`aod: skipped ${lines} at ${where}\n`);
  }
  return entries;
}

/** The folder of captures, which the caller closes; undefined before the first start. Throws the same errors. */
export function batchesIn(outputDir: string): BatchesFolder | undefined {
  requireLocal(outputDir);
  return reading(outputDir, "the captures", () => openBatchesToRead(outputDir));
}

function reading<Value>(outputDir: string, what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const hints = { ...ROOT_CAN, ENOENT: "has aod run on this host?" };
    throw fileFailure(`read ${what} in ${outputDir}`, errnoOf(error), { hints });
  }
}
