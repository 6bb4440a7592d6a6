// `aod incidents`: what happened, from the history in the output folder; no daemon is needed. In: the configuration that
// names the folder, and the beginning of an id; out: a table, one incident, or JSON. It writes nothing.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ArgsDef } from "citty";
import { findConfig } from "../config/file.ts";
import { foldIncidents, type StoredIncident } from "../history/fold.ts";
import { encodeIncident } from "../history/snapshot.ts";
import { BATCHES } from "../system/batches-folder.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { chooseOne } from "./choose-one.ts";
import { incidentLines, tableLines } from "./incident-lines.ts";
import { explainNothing } from "./nothing-found.ts";
import { historyIn, outputDirOf } from "./output-dir.ts";
import { printJson, printLines } from "./print.ts";

const ARGUMENTS = {
  id: {
    type: "positional",
    required: false,
    description: "the beginning of an id: show this incident, its captures and its history",
  },
  json: { type: "boolean", description: "an array, newest first" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const incidentsCommand = makeVerb({
  name: "incidents",
  description: "what happened: the incidents of this host, newest first",
  args: ARGUMENTS,
  examples: [
    { command: "aod incidents", meaning: "all of them" },
    { command: "aod incidents 20261123T0123", meaning: "one, by the beginning of its id" },
    { command: "aod incidents --json | jq '.[0].captures'", meaning: "for programs" },
  ],
  run: async ({ id, json, config }) => {
    const outputDir = outputDirOf(config);
    const all = newestFirst(foldIncidents(historyIn(outputDir)));
    const chosen = id === undefined ? undefined : chooseIncident(all, id);
    if (json === true)
      printJson(incidentValues(chosen === undefined ? all : [chosen], chosen !== undefined, Date.now()));
    else if (chosen !== undefined)
      printLines(incidentLines(chosen, (name) => findCapture(outputDir, name), Date.now()));
    else if (all.length > 0)
      printLines(
        tableLines(
          all.map(({ incident }) => incident),
          Date.now(),
        ),
      );
    else printLines([await explainNothing("incident", outputDir, findConfig(config).config?.rules)]);
    return 0;
  },
});

/** By the time that is shown; those of one moment by their place in the history. */
export function newestFirst(incidents: readonly StoredIncident[]): readonly StoredIncident[] {
  return incidents.toReversed().toSorted((a, b) => b.incident.openedAtMs - a.incident.openedAtMs);
}

/** The one whose id this is, or begins with this. Throws NOT_FOUND for none, and for several. */
export function chooseIncident(incidents: readonly StoredIncident[], id: string): StoredIncident {
  const exact = incidents.filter(({ incident }) => incident.id === id);
  const matching = exact.length > 0 ? exact : incidents.filter(({ incident }) => incident.id.startsWith(id));
  return chooseOne(matching, id, "incident", ({ incident }) => incident.id);
}

/** As `--json` has them. */
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

function findCapture(outputDir: string, name: string): string | undefined {
  const path = join(outputDir, BATCHES, name);
  return existsSync(path) ? path : undefined;
}
