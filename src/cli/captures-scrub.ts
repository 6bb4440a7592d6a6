// `aod captures scrub`: removes secrets from stored captures by the present rules and the present `redact`. Each
// capture is replaced in one step and keeps its name. src/scrubber decides what a secret is, src/cleaner what a clean
// capture contains.

import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { ArgsDef } from "citty";
import type { ScrubbedOfApi } from "../api/scrubbed.ts";
import { readCapture } from "../capture/reader.ts";
import { type CleanedCapture, cleanCapture } from "../cleaner/clean-capture.ts";
import { type FileIdentity, replaceCapture } from "../janitor/inventory.ts";
import type { StoredCapture } from "../model/capture.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import { version } from "../model/version.ts";
import { pack } from "../packer/pack.ts";
import { PartialCapture } from "../packer/partial-capture.ts";
import { makeScrubber } from "../scrubber/scrubber.ts";
import { BATCHES, type BatchesFolder } from "../system/batches-folder.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { captureId } from "./choose-capture.ts";
import { configOf } from "./output-dir.ts";
import { printJson, printLines } from "./print.ts";
import { chooseAll, forEachStored, STORED_ARGUMENT } from "./stored-captures.ts";
import { columnLines } from "./table.ts";

const ARGUMENTS = {
  ...STORED_ARGUMENT,
  "dry-run": { type: "boolean", description: "only report what would be taken out" },
  json: { type: "boolean", description: "an array, in the order of the arguments" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

/** An operator frees a capture of secrets also where the disk is nearly full. */
const MIN_FREE_BYTES = 0;

export const scrubCommand = makeVerb({
  name: "captures scrub",
  description:
    "remove secrets from stored captures, by the present rules and redact; before one is sent away",
  args: ARGUMENTS,
  takesMore: true,
  examples: [
    { command: "aod captures scrub latest", meaning: "after words were added to redact" },
    { command: "aod captures scrub 20261123 --dry-run", meaning: "what would be taken out, and where" },
  ],
  run: ({ _: ids, "dry-run": isDry = false, json, config: file }) => {
    const config = configOf(file);
    const scrubber = makeScrubber(config.redaction);
    const reports: ScrubbedOfApi[] = [];
    const captures = chooseAll(config.outputDir, ids);
    try {
      forEachStored(config.outputDir, captures, "scrub", (folder, stored) => {
        const path = join(config.outputDir, BATCHES, stored.fileName);
        const original = lstatSync(path, { throwIfNoEntry: false });
        if (original === undefined) return "ENOENT";
        const note = { at: new Date().toISOString(), aodVersion: version, configSha256: config.sha256 };
        const capture = readCapture(path);
        const cleaned = cleanCapture(capture, scrubber, note);
        const errno = isDry ? undefined : replace(folder, stored, original, capture.name, cleaned.entries);
        if (errno !== undefined) return errno;
        const one = reportOf(stored, path, cleaned, isDry);
        reports.push(one);
        if (json !== true) printLines(scrubbedLines(one));
        return undefined;
      });
    } finally {
      // Also if one of several fails: the captures before it are clean.
      if (json === true) printJson(reports);
    }
    return 0;
  },
});

/** The result for one capture, in words. */
export function scrubbedLines({
  name,
  secrets,
  changed,
  files,
  not_searched,
}: ScrubbedOfApi): readonly string[] {
  const count = `${secrets} secret${secrets === 1 ? "" : "s"}`;
  const outcome =
    secrets === 0
      ? "no secret found, nothing changed"
      : changed
        ? `${count} taken out`
        : `${count} found, nothing changed`;
  const cells = [
    ...files.map(({ path, secrets }) => [`  ${escapeControls(path)}`, `${secrets}`]),
    ...not_searched.map((path) => [`  ${escapeControls(path)}`, "not searched: not a text file"]),
  ];
  return [
    `${name}: ${outcome}`,
    ...columnLines(["  FILE", "SECRETS"], cells).slice(cells.length === 0 ? 1 : 0),
  ];
}

// --- internal ---

/** @returns the errno's name if the capture can't be replaced; the stored one is unchanged then. */
function replace(
  folder: BatchesFolder,
  { epochMs, rule, fileName }: StoredCapture,
  original: FileIdentity,
  name: string,
  entries: CleanedCapture["entries"],
): string | undefined {
  if (entries === undefined) return undefined;
  try {
    // A hidden, unused name of the same moment and rule: after a crash, the next start of aod removes the file.
    const partial = PartialCapture.reserve(folder, epochMs, rule);
    try {
      for (const _ of pack({ name, epochMs, entries }, partial, folder, MIN_FREE_BYTES));
      return partial.replace((file) => replaceCapture(folder, fileName, original, file));
    } finally {
      partial.discard();
    }
  } catch (error) {
    throw writeFailure(fileName, error);
  }
}

/** An error that stops a capture in the runner means an unusable output folder for a command. */
function writeFailure(fileName: string, error: unknown): unknown {
  if (!(error instanceof AodError)) return error;
  if (error.code === "DISK_FULL")
    return new AodError("OUTPUT_UNUSABLE", `scrub ${fileName}: ${error.message}`);
  const errno = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  if (error.code !== "CAPTURE_WRITE" || errno === undefined) return error;
  return fileFailure(`scrub ${fileName}`, errno, { hints: ROOT_CAN });
}

function reportOf(
  stored: StoredCapture,
  path: string,
  cleaned: CleanedCapture,
  isDry: boolean,
): ScrubbedOfApi {
  return {
    id: captureId(stored),
    name: stored.fileName,
    path,
    secrets: cleaned.secrets,
    changed: !isDry && cleaned.secrets > 0,
    files: [...cleaned.found],
    not_searched: [...cleaned.notSearched],
  };
}
