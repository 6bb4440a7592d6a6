// `aod captures`: lists the stored captures, as a table or as JSON. It needs no daemon, decompresses no capture as a
// whole, and writes nothing. The commands of its group may.

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
import { FILTER_ARGUMENTS, type Filtered, type FilterValues, makeHistoryFilter } from "./history-filter.ts";
import { localTimeText, zoneName } from "./local-time.ts";
import { explainNothing } from "./nothing-found.ts";
import { historyIn, outputDirOf } from "./output-dir.ts";
import { printJson, printLines, printStyled, tableRoom } from "./print.ts";
import { type FittingColumn, fittingLines } from "./table.ts";

const ARGUMENTS = {
  ...FILTER_ARGUMENTS,
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
      { command: "aod captures --since yesterday --rule 'slow*'", meaning: "some of them" },
      { command: "aod captures --json | jq -r '.[0].path'", meaning: "where the newest is" },
    ],
    run: ({ since, until, rule, share, json, config }) =>
      list(outputDirOf(config), { since, until, rule, share }, json === true),
  },
  { show: showCommand, extract: extractCommand, keep: keepCommand, scrub: scrubCommand, rm: removeCommand },
  { list: "", ls: "", remove: "rm", delete: "rm" },
);

// --- internal ---

async function list(outputDir: string, filter: FilterValues, isJson: boolean): Promise<number> {
  const nowMs = Date.now();
  const isShown = makeHistoryFilter(filter, nowMs);
  const stored = capturesIn(outputDir);
  const all = await captureRows(stored, historyIn(outputDir), (name) => join(outputDir, BATCHES, name));
  const rows = all.filter(({ capture, listed }) => isShown(filteredOf(capture, listed)));
  if (isJson) printJson(rows.map(({ listed }) => listed));
  else if (rows.length > 0) printTable(rows, shortIds(stored), nowMs);
  else if (stored.length > 0)
    printLines([`no capture fits, of ${stored.length} stored; aod captures lists all`]);
  else printLines([await explainNothing("capture", outputDir)]);
  return 0;
}

function filteredOf({ epochMs, rule }: StoredCapture, { share }: CaptureOfApi): Filtered {
  return { beganMs: epochMs, endedMs: epochMs, rules: [rule], shares: share === null ? [] : [share] };
}

function printTable(
  rows: readonly CaptureRow[],
  ids: ReadonlyMap<StoredCapture, string>,
  nowMs: number,
): void {
  const { columns, glyphs } = tableRoom();
  printStyled(fittingLines(captureColumns(rows, ids, nowMs), columns, glyphs));
  printLines(["", sumText(rows.map(({ capture }) => capture))]);
}

/** A table of captures, in the order given. @param ids as they are shown. */
export function captureColumns(
  rows: readonly CaptureRow[],
  ids: ReadonlyMap<StoredCapture, string>,
  nowMs: number,
): readonly FittingColumn[] {
  const column = (title: string, rank: number, cell: (row: CaptureRow) => string) => ({
    title,
    rank,
    cells: rows.map(cell),
  });
  return [
    column("ID", Infinity, ({ capture }) => ids.get(capture) ?? ""),
    column(`TAKEN (${zoneName(nowMs)})`, 3, ({ capture }) => localTimeText(capture.epochMs)),
    column("AGE", 5, ({ capture }) => agoText(nowMs - capture.epochMs)),
    column("SIZE", 2, ({ capture }) => bytesText(capture.bytes)),
    column("RULE", 4, ({ capture }) => capture.rule),
    column("VERDICT", Infinity, ({ listed, problem }) => problem ?? verdictCell(listed.verdict)),
    column("PINNED", 1, ({ capture }) => (capture.isPinned ? "pinned" : "")),
    column("SHARE", Infinity, ({ listed }) => listed.share ?? "-"),
  ];
}

export function sumText(captures: readonly StoredCapture[]): string {
  const bytes = captures.reduce((sum, capture) => sum + capture.bytes, 0);
  const count = `${captures.length} capture${captures.length === 1 ? "" : "s"}`;
  return `${count}, ${bytesText(bytes)}; aod captures show ID, or latest`;
}

function verdictCell(verdict: CaptureOfApi["verdict"]): string {
  if (verdict === null) return "-";
  return verdict.cause === "unknown" ? verdict.cause : `${verdict.cause} ${verdict.confidence.toFixed(2)}`;
}

/** Negative if the clock was set back. */
export function agoText(ms: number): string {
  return ms < 1000 ? "just now" : `${durationText(ms)} ago`;
}
