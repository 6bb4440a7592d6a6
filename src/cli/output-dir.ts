// The output folder for verbs that only look: where it is by the configuration, and what is wrong where it can't be read. In:
// what `--config` named; out: paths and texts, or an AodError with the exit code that belongs to it. It makes nothing, and
// touches nothing on a network file system.

import { findConfig } from "../config/file.ts";
import { readHistory } from "../history/file.ts";
import { AodError } from "../model/failure.ts";
import { errnoOf, fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import { requireLocal } from "../supervisor/output-folder.ts";
import { type BatchesFolder, openBatchesToRead } from "../system/batches-folder.ts";
import { printProblems } from "./problems.ts";

/** Where the configuration has it. Throws what a start with that configuration would end with. */
export function outputDirOf(file: string | undefined): string {
  const found = findConfig(file);
  if (found.config !== undefined) return found.config.outputDir;
  printProblems(found.problems);
  throw new AodError(found.code, found.summary);
}

/** Lines of the history, oldest first. Throws CONFIG_INVALID, NOT_PERMITTED, OUTPUT_UNUSABLE. */
export function historyIn(outputDir: string): string {
  requireLocal(outputDir);
  return reading(outputDir, "the history", () => readHistory(outputDir));
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
