// `aod logs`: what happened on this host, oldest first, and with --follow what happens as it happens. It reads the
// history in the output folder and needs no daemon. It writes nothing.

import { setTimeout as sleep } from "node:timers/promises";
import type { ArgsDef } from "citty";
import { decodeEntries, type StoredEntry } from "../history/entry.ts";
import { HistoryTail } from "../history/tail.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { errnoOf, fileFailure, ROOT_CAN } from "../model/file-failure.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { FILTER_ARGUMENTS, type HistoryFilter, isFiltering, makeHistoryFilter } from "./history-filter.ts";
import { logLine } from "./log-lines.ts";
import { explainNothing } from "./nothing-found.ts";
import { historyIn, outputDirOf } from "./output-dir.ts";
import { printLines } from "./print.ts";
import { ENDING } from "./terminal.ts";

const ARGUMENTS = {
  follow: { type: "boolean", alias: "f", description: "go on with what happens, until Ctrl-C" },
  lines: {
    type: "string",
    alias: "n",
    valueHint: "COUNT",
    description: "the last ones only (without it: all, or with --follow 10)",
  },
  ...FILTER_ARGUMENTS,
  json: { type: "boolean", description: "an entry a line, as the history has them, for programs" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

const FOLLOWED_LINES = 10;
/** How often the history is looked at. */
const LOOK_MS = 500;

export const logsCommand = makeVerb({
  name: "logs",
  description: "what happened, a line each, oldest first: incidents, captures, and what aod did",
  args: ARGUMENTS,
  examples: [
    { command: "aod logs -f", meaning: "as it happens; Ctrl-C ends it" },
    { command: "aod logs --since 1h", meaning: "the last hour" },
    { command: "aod logs --json -f | jq -c 'select(.event == \"opened\")'", meaning: "for programs" },
  ],
  run: async ({ follow, lines, since, until, rule, share, json, config }) => {
    const outputDir = outputDirOf(config);
    const filter = { since, until, rule, share };
    const isShown = makeHistoryFilter(filter, Date.now());
    const most = lines === undefined ? undefined : parseCount(lines);
    const format = json === true ? jsonLine : logLine;
    if (follow === true) return followHistory(outputDir, isShown, format, most ?? FOLLOWED_LINES);
    const shown = shownLines(historyIn(outputDir), isShown, format);
    const last = most === undefined ? shown : shown.slice(Math.max(0, shown.length - most));
    if (last.length > 0) printLines(last);
    else if (json !== true && !isFiltering(filter)) printLines([await explainNothing("incident", outputDir)]);
    return 0;
  },
});

/** Throws USAGE for what is no whole number. */
export function parseCount(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new AodError("USAGE", `--lines is not a whole number: ${text}`);
}

/** In the order given, without entries that the filter leaves out or that repeat another. */
export function shownLines(
  entries: readonly StoredEntry[],
  isShown: HistoryFilter,
  format: (entry: StoredEntry) => string | undefined,
): readonly string[] {
  return entries.flatMap((entry) => {
    const atMs = Date.parse(entry.time) || 0;
    const { incident, fields } = entry;
    const rule = typeof fields.rule === "string" ? fields.rule : "";
    const item = {
      beganMs: atMs,
      endedMs: atMs,
      rules: incident?.rules ?? [rule],
      shares: incident?.shares ?? [],
    };
    const line = isShown(item) ? format(entry) : undefined;
    return line === undefined ? [] : [line];
  });
}

// --- internal ---

async function followHistory(
  outputDir: string,
  isShown: HistoryFilter,
  format: (entry: StoredEntry) => string | undefined,
  most: number,
): Promise<number> {
  const tail = new HistoryTail(outputDir);
  const ended = new AbortController();
  for (const name of ENDING) process.once(name, () => ended.abort());
  const next = () => {
    try {
      return shownLines(decodeEntries(tail.read()), isShown, format);
    } catch (error) {
      throw fileFailure(`read the history in ${outputDir}`, errnoOf(error), { hints: ROOT_CAN });
    }
  };
  // Throws where the folder is missing or may not be read: an empty follower would look as if nothing happened.
  historyIn(outputDir);
  try {
    const first = next();
    if (most > 0 && first.length > 0) printLines(first.slice(-most));
    while (!ended.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      const lines = next();
      if (lines.length > 0) printLines(lines);
    }
  } finally {
    tail.close();
  }
  return 0;
}

/** The line as the history has it; what a terminal would obey is escaped. */
function jsonLine({ time, event, fields }: StoredEntry): string {
  return escapeControls(JSON.stringify({ time, event, ...fields }));
}
