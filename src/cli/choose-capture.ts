// Which capture somebody means. In: what was typed: the beginning of an id, `latest`, or the path of a file; out: the
// capture. An id is what is unique of a capture's name: its time, and its rule where one moment has several. Opens no capture.

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

/** What `chooseCapture` takes, for every verb that takes one. */
export const CAPTURE_ARGUMENT = {
  type: "positional",
  required: true,
  valueHint: "CAPTURE",
  description: "latest, the beginning of an id as `aod captures` shows it, or the path of a file",
} as const satisfies PositionalArgDef;

/**
 * The path of the capture that is meant. With a slash in it, or where it names a file of the current folder, text is a path,
 * and no output folder is looked for. Throws NOT_FOUND for none and for several, and what `batchesIn` throws.
 * @param outputDir may be a function, for who would have to read a configuration first.
 */
export function chooseCapture(outputDir: string | (() => string), text: string): string {
  const isPath = text.includes("/") || (text.endsWith(CAPTURE_SUFFIX) && existsSync(text));
  if (isPath) return resolve(text);
  const folder = typeof outputDir === "string" ? outputDir : outputDir();
  return join(folder, BATCHES, chooseStored(capturesIn(folder), text).fileName);
}

/** What is stored, newest first. Throws what `batchesIn` throws. */
export function capturesIn(outputDir: string): readonly StoredCapture[] {
  const folder = batchesIn(outputDir);
  if (folder === undefined) return [];
  try {
    return listCaptures(folder).toSorted((a, b) => compareCaptureNames(b, a));
  } finally {
    folder.close();
  }
}

/** The one of these, newest first, that is meant. Throws NOT_FOUND for none and for several. */
export function chooseStored(captures: readonly StoredCapture[], text: string): StoredCapture {
  if (text === LATEST && captures.length === 0)
    throw new AodError("NOT_FOUND", "there is no capture yet; aod snapshot makes one now");
  return chooseOne(
    { fitting: findStored(captures, text), all: captures, idOf: captureId, what: "capture" },
    text,
  );
}

/** What is unique of its name: `20261123T012345.678Z_slow-writes`. */
export function captureId({ fileName }: Pick<StoredCapture, "fileName">): string {
  return fileName.slice("aod_".length, -CAPTURE_SUFFIX.length);
}

/** The same without the rule, where no other of these needs it to be told apart. */
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

/** Exactly first: `…678Z` is not `…678Z-2`. */
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
