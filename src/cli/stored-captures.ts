// The common part of verbs that change stored captures: all captures are found before the first one is changed, and
// errors have the exit code of their cause.

import type { ArgsDef } from "citty";
import type { StoredCapture } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import { fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { capturesIn, chooseStored } from "./choose-capture.ts";
import { batchesIn } from "./output-dir.ts";

/** The argument of verbs with `takesMore`: one or more stored captures. */
export const STORED_ARGUMENT = {
  id: {
    type: "positional",
    required: true,
    valueHint: "CAPTURE...",
    description: "latest, or beginnings of ids",
  },
} as const satisfies ArgsDef;

/**
 * The captures in the order of their ids, without duplicates. Throws NOT_FOUND at the first id that fits none or
 * several.
 */
export function chooseAll(outputDir: string, texts: readonly string[]): readonly StoredCapture[] {
  const captures = capturesIn(outputDir);
  return [...new Set(texts.map((text) => chooseStored(captures, text)))];
}

/** Stops at the first failure. @param act returns the errno's name if it fails. */
export function forEachStored(
  outputDir: string,
  captures: readonly StoredCapture[],
  doing: string,
  act: (folder: BatchesFolder, capture: StoredCapture) => string | undefined,
): void {
  const folder = batchesIn(outputDir);
  if (folder === undefined) return;
  try {
    for (const capture of captures) {
      const errno = act(folder, capture);
      if (errno !== undefined) throw failureOf(doing, capture.fileName, errno);
    }
  } finally {
    folder.close();
  }
}

function failureOf(doing: string, name: string, errno: string): AodError {
  if (errno === "ENOENT") return new AodError("NOT_FOUND", `${doing} ${name}: it was removed meanwhile`);
  const hints = {
    ...ROOT_CAN,
    EBUSY: "another process is changing it; try again",
    ESTALE: "aod was started meanwhile; try again",
  };
  return fileFailure(`${doing} ${name}`, errno, { hints });
}
