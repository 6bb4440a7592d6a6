// Finds the capture that a user named: by the beginning of its id, by `latest`, or by the path of a file. An id is
// the unique part of the name: the time, and the rule if several captures have the same time. Opens no capture.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PositionalArgDef } from "citty";
import { listCaptures } from "../janitor/inventory.ts";
import type { StoredCapture } from "../model/capture.ts";
import { CAPTURE_SUFFIX, compareCaptureNames } from "../model/capture-name.ts";
import { AodError } from "../model/failure.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { chooseOne } from "./choose-one.ts";
import { batchesIn } from "./output-dir.ts";

export const LATEST = "latest";

/** The argument of every verb that takes one capture; `chooseCapture` reads it. */
export const CAPTURE_ARGUMENT = {
  type: "positional",
  required: true,
  valueHint: "CAPTURE",
  description: "latest, the beginning of an id as `aod captures` shows it, or the path of a file",
} as const satisfies PositionalArgDef;

/**
 * The path of the capture. A text with a slash is a path, and so is the name of a capture in the current folder: then
 * no output folder is searched. Throws NOT_FOUND if no capture or several fit, and the errors of `batchesIn`.
 * @param outputDir a function if the configuration must be read to know it.
 */
export function chooseCapture(outputDir: string | (() => string), text: string): string {
  const isPath = text.includes("/") || (text.endsWith(CAPTURE_SUFFIX) && existsSync(text));
  if (isPath) return resolve(text);
  const folder = typeof outputDir === "string" ? outputDir : outputDir();
  return join(folder, BATCHES, chooseStored(capturesIn(folder), text).fileName);
}

/** The stored captures, newest first. Throws the errors of `batchesIn`. */
export function capturesIn(outputDir: string): readonly StoredCapture[] {
  const folder = batchesIn(outputDir);
  if (folder === undefined) return [];
  try {
    return listCaptures(folder).toSorted((a, b) => compareCaptureNames(b, a));
  } finally {
    folder.close();
  }
}

/** @param captures newest first. Throws NOT_FOUND if none or several fit. */
export function chooseStored(captures: readonly StoredCapture[], text: string): StoredCapture {
  if (text === LATEST && captures.length === 0)
    throw new AodError("NOT_FOUND", "there is no capture yet; aod snapshot makes one now");
  return chooseOne(
    { fitting: findStored(captures, text), all: captures, idOf: captureId, what: "capture" },
    text,
  );
}

/** The unique part of the name: `20261123T012345.678Z_slow-writes`. */
export function captureId({ fileName }: Pick<StoredCapture, "fileName">): string {
  return fileName.slice("aod_".length, -CAPTURE_SUFFIX.length);
}

/** The ids without the rule, where no other of these captures has the same time. */
export function shortIds(captures: readonly StoredCapture[]): ReadonlyMap<StoredCapture, string> {
  const counts = new Map<string, number>();
  for (const capture of captures) counts.set(momentOf(capture), (counts.get(momentOf(capture)) ?? 0) + 1);
  return new Map(
    captures.map((capture) => {
      const moment = momentOf(capture);
      return [capture, counts.get(moment) === 1 ? moment : captureId(capture)];
    }),
  );
}

/** An exact match goes first: `…678Z` is not `…678Z-2`. */
function findStored(captures: readonly StoredCapture[], text: string): readonly StoredCapture[] {
  if (text === LATEST) return captures.slice(0, 1);
  const wanted = text.replace(/^aod_/, "").replace(/\.tar\.zst$/, "");
  if (wanted === "") return [];
  for (const idOf of [captureId, momentOf]) {
    const exact = captures.filter((capture) => idOf(capture) === wanted);
    if (exact.length > 0) return exact;
  }
  return captures.filter((capture) => captureId(capture).startsWith(wanted));
}

function momentOf(capture: StoredCapture): string {
  return captureId(capture).slice(0, -1 - capture.rule.length);
}
