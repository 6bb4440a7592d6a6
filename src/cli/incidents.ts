// `aod incidents`: lists the incidents of the history in the output folder, or shows one of them. It needs no daemon
// and writes nothing.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ArgsDef } from "citty";
import { findConfig } from "../config/file.ts";
import { foldIncidents, type StoredIncident } from "../history/fold.ts";
import { encodeIncident } from "../history/snapshot.ts";
import { AodError } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { LATEST } from "./choose-capture.ts";
import { chooseOne } from "./choose-one.ts";
import { FILTER_ARGUMENTS, type Filtered, isFiltering, makeHistoryFilter } from "./history-filter.ts";
import { incidentColumns, incidentLines } from "./incident-lines.ts";
import { explainNothing } from "./nothing-found.ts";
import { historyIn, outputDirOf } from "./output-dir.ts";
import { printJson, printLines, printStyled, tableRoom } from "./print.ts";
import { fittingLines } from "./table.ts";

const ARGUMENTS = {
  id: {
    type: "positional",
    required: false,
    valueHint: "INCIDENT",
    description: "latest, or the beginning of an id: show this incident, its captures and its history",
  },
  ...FILTER_ARGUMENTS,
  json: { type: "boolean", description: "an array, newest first" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const incidentsCommand = makeVerb({
  name: "incidents",
  description: "what happened: the incidents of this host, newest first",
  args: ARGUMENTS,
  examples: [
    { command: "aod incidents", meaning: "all of them" },
    { command: "aod incidents latest", meaning: "the newest in full; others by the beginning of the id" },
    { command: "aod incidents --since 1h --share projects", meaning: "of the last hour, on one share" },
    { command: "aod incidents --json | jq '.[0].captures'", meaning: "for programs" },
  ],
  run: async ({ id, since, until, rule, share, json, config }) => {
    const outputDir = outputDirOf(config);
    const nowMs = Date.now();
    const filter = { since, until, rule, share };
    if (id !== undefined && isFiltering(filter))
      throw new AodError("USAGE", "an id names one incident: leave out --since, --until, --rule and --share");
    const stored = newestFirst(foldIncidents(historyIn(outputDir)));
    const chosen = id === undefined ? undefined : chooseIncident(stored, id);
    const isShown = makeHistoryFilter(filter, nowMs);
    const listed = stored.filter(({ incident }) => isShown(filteredOf(incident)));
    if (json === true)
      printJson(incidentValues(chosen === undefined ? listed : [chosen], chosen !== undefined, nowMs));
    else if (chosen !== undefined)
      printLines(incidentLines(chosen, (name) => findCapture(outputDir, name), nowMs));
    else if (listed.length > 0) printTable(listed, nowMs);
    else if (stored.length > 0)
      printLines([`no incident fits, of ${stored.length} stored; aod incidents lists all`]);
    else printLines([await explainNothing("incident", outputDir, findConfig(config).config?.rules)]);
    return 0;
  },
});

/** Sorted by the displayed time; incidents of one moment by their place in the history. */
export function newestFirst(incidents: readonly StoredIncident[]): readonly StoredIncident[] {
  return incidents.toReversed().toSorted((a, b) => b.incident.openedAtMs - a.incident.openedAtMs);
}

/**
 * The newest incident for `latest`, else the one with this id, or whose id begins with it. Throws NOT_FOUND if there
 * is none, and if there are several.
 * @param incidents newest first.
 */
export function chooseIncident(incidents: readonly StoredIncident[], id: string): StoredIncident {
  const [newest] = incidents;
  if (id === LATEST) {
    if (newest === undefined) throw new AodError("NOT_FOUND", "there is no incident yet");
    return newest;
  }
  const exact = incidents.filter(({ incident }) => incident.id === id);
  const fitting = exact.length > 0 ? exact : incidents.filter(({ incident }) => incident.id.startsWith(id));
  return chooseOne({ fitting, all: incidents, idOf: ({ incident }) => incident.id, what: "incident" }, id);
}

/** The documents of `--json`. */
export function incidentValues(
  incidents: readonly StoredIncident[],
  withHistory: boolean,
  nowMs: number,
): readonly unknown[] {
  return incidents.map(({ incident, entries }) => ({
    ...encodeIncident(incident, { epochMs: nowMs }),
    ...(withHistory
      ? { history: entries.map(({ time, event, fields }) => ({ time, event, ...fields })) }
      : {}),
  }));
}

// --- internal ---

function printTable(listed: readonly StoredIncident[], nowMs: number): void {
  const { columns, glyphs } = tableRoom();
  const incidents = listed.map(({ incident }) => incident);
  printStyled(fittingLines(incidentColumns(incidents, nowMs), columns, glyphs));
}

function filteredOf({ openedAtMs, lastAtMs, resolvedAtMs, rules, shares }: Incident): Filtered {
  const endedMs = resolvedAtMs === undefined ? Infinity : Math.max(lastAtMs, resolvedAtMs);
  return { beganMs: openedAtMs, endedMs, rules, shares };
}

function findCapture(outputDir: string, name: string): string | undefined {
  const path = join(outputDir, BATCHES, name);
  return existsSync(path) ? path : undefined;
}
