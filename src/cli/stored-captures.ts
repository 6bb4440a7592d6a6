// What changes stored captures has in common: all that was named is found before anything is done to one, and what can't be
// done has its exit code. In: ids and an act; out: nothing, or an AodError.

import type { ArgsDef } from "citty";
import type { StoredCapture } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import { fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { capturesIn, chooseStored } from "./choose-capture.ts";
import { batchesIn } from "./output-dir.ts";

/** One or more stored captures; for verbs with `takesMore`. */
export const STORED_ARGUMENT = {
  id: {
    type: "positional",
    required: true,
    valueHint: "CAPTURE...",
    description: "latest, or beginnings of ids",
  },
} as const satisfies ArgsDef;

/** Each once, in the order in which they were named. Throws NOT_FOUND for the first that is none, or not one alone. */
export function chooseAll(outputDir: string, texts: readonly string[]): readonly StoredCapture[] {
  const captures = capturesIn(outputDir);
  return [...new Set(texts.map((text) => chooseStored(captures, text)))];
}

/** Stops at the first that fails. @param act returns the errno's name of what could not be done. */
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
  if (errno === "ENOENT") return new AodError("NOT_FOUND", `${doing} ${name}: it has just been removed`);
  const hints = {
    ...ROOT_CAN,
    EBUSY: "another process is changing it; try again",
    ESTALE: "aod was started meanwhile; try again",
  };
  return fileFailure(`${doing} ${name}`, errno, { hints });
}
