// `aod captures`: what is stored, and what can be done with it. In: the configuration that names the folder; out: a table, or
// JSON. Needs no daemon, decompresses no capture whole, and writes nothing: what follows it on the command line may.

import { join } from "node:path";
import type { ArgsDef } from "citty";
import type { CaptureOfApi } from "../api/capture.ts";
import type { StoredCapture } from "../model/capture.ts";
import { bytesText, durationText } from "../model/figure.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { CONFIG_ARGUMENT, makeGroup } from "./arguments.ts";
import { type CaptureRow, captureRows } from "./capture-rows.ts";
import { extractCommand } from "./captures-extract.ts";
import { keepCommand } from "./captures-keep.ts";
import { removeCommand } from "./captures-rm.ts";
import { scrubCommand } from "./captures-scrub.ts";
import { showCommand } from "./captures-show.ts";
import { capturesIn, shortIds } from "./choose-capture.ts";
import { explainNothing } from "./nothing-found.ts";
import { historyIn, outputDirOf } from "./output-dir.ts";
import { printJson, printLines } from "./print.ts";
import { columnLines } from "./table.ts";

const ARGUMENTS = {
  json: { type: "boolean", description: "an array, newest first" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const capturesCommand = makeGroup(
  {
    name: "captures",
    description: "what was saved: list, show, extract, keep, scrub or remove captures",
    args: ARGUMENTS,
    examples: [
      { command: "aod captures", meaning: "all of them, newest first" },
      { command: "aod captures --json | jq -r '.[0].path'", meaning: "where the newest is" },
    ],
    run: ({ json, config }) => list(outputDirOf(config), json === true),
  },
  { show: showCommand, extract: extractCommand, keep: keepCommand, scrub: scrubCommand, rm: removeCommand },
);

async function list(outputDir: string, isJson: boolean): Promise<number> {
  const stored = capturesIn(outputDir);
  const entries = historyIn(outputDir);
  const rows = await captureRows(stored, entries, (name) => join(outputDir, BATCHES, name));
  if (isJson) printJson(rows.map(({ told }) => told));
  else if (rows.length > 0) printLines(listLines(stored, rows, Date.now()));
  else printLines([await explainNothing("capture", outputDir)]);
  return 0;
}

/** A table and the sum. @param rows of these captures, in the same order. */
export function listLines(
  stored: readonly StoredCapture[],
  rows: readonly CaptureRow[],
  nowMs: number,
): readonly string[] {
  const ids = shortIds(stored);
  const cells = stored.map((capture, index) => {
    const { told, trouble } = rows[index] ?? {};
    return [
      ids.get(capture) ?? "",
      agoText(nowMs - capture.epochMs),
      bytesText(capture.bytes),
      capture.rule,
      trouble ?? verdictCell(told?.verdict),
      told?.kept === true ? "kept" : "",
      told?.share ?? "-",
    ];
  });
  const bytes = stored.reduce((sum, capture) => sum + capture.bytes, 0);
  const count = `${stored.length} capture${stored.length === 1 ? "" : "s"}`;
  return [
    ...columnLines(["ID", "TAKEN", "SIZE", "RULE", "VERDICT", "KEPT", "SHARE"], cells),
    "",
    `${count}, ${bytesText(bytes)}; aod captures show ID, or latest`,
  ];
}

function verdictCell(verdict: CaptureOfApi["verdict"] | undefined): string {
  if (verdict === null || verdict === undefined) return "-";
  return verdict.cause === "unknown" ? verdict.cause : `${verdict.cause} ${verdict.confidence.toFixed(2)}`;
}

/** The clock may have been set back meanwhile. */
export function agoText(ms: number): string {
  return ms < 1000 ? "just now" : `${durationText(ms)} ago`;
}
