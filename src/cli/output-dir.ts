// The output folder for verbs that only look: where it is by the configuration, and what is wrong where it can't be read. In:
// what `--config` named; out: paths and texts, or an AodError with the exit code that belongs to it. It makes nothing, and
// touches nothing on a network file system.

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

/** Where the configuration has it. Throws what `configOf` throws. */
export function outputDirOf(file: string | undefined): string {
  return configOf(file).outputDir;
}

/** The configuration that `--config` names. Throws what a start with it would end with. */
export function configOf(file: string | undefined): Config {
  const found = findConfig(file);
  if (found.config !== undefined) return found.config;
  printProblems(found.problems);
  throw new AodError(found.code, found.summary);
}

/**
 * The history, oldest entry first; damaged lines are skipped and reported on standard error. Throws CONFIG_INVALID, NOT_PERMITTED,
 * OUTPUT_UNUSABLE.
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

/** The captures' folder, which the caller closes; undefined before the first start has made it. Throws the same. */
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
