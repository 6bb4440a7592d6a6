// A look as `aod top` gets it. In: a look, incidents, losses; out: a Live document. Pure; every list is bounded.

import type { Live, LiveOpen, LiveRow } from "../api/live.ts";
import { encodeIncident } from "../history/snapshot.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { Losses } from "../model/capture.ts";
import { commandName } from "../model/command.ts";
import type { Incident } from "../model/incident.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import type { RequestMemory } from "../model/request.ts";
import { histogramOf, secondsOf } from "./history.ts";
import { readAgain } from "./lines.ts";
import { type Look, type Row, recentOf, toMs } from "./look.ts";
import { chooseOldest } from "./open.ts";

const ROWS_MAX = 100;
const OPEN_MAX = 100;
const INCIDENTS_MAX = 20;

/** What is shown beside the requests. */
export interface Surroundings {
  readonly epochMs: number;
  readonly isWatching: boolean;
  /** Open ones and those of the last minutes. */
  readonly incidents: readonly Incident[];
  readonly losses: Losses;
}

export function makeLive(look: Look, table: RequestMemory, surroundings: Surroundings): Live {
  const { windowSec, total, open, waiting } = look;
  const rows = (some: readonly Row[]) => some.map((row) => rowOf(row, windowSec));
  return {
    at: new Date(surroundings.epochMs).toISOString(),
    state: surroundings.isWatching ? "watching" : "waiting",
    window_sec: Math.round(windowSec * 1000) / 1000,
    total: recentOf(total.figures, windowSec),
    groups: {
      share: rows(look.byShare(ROWS_MAX)),
      command: rows(look.byCommand(ROWS_MAX)),
      process: rows(look.byProcess(ROWS_MAX)),
    },
    histogram: histogramOf(look),
    ...secondsOf(look),
    in_flight: openRows(look, table),
    in_flight_total: open.length + waiting.length,
    incidents: newestFirst(surroundings.incidents).slice(0, INCIDENTS_MAX).map(toIncident),
    losses: lossesOver0(surroundings.losses),
  };
}

/** As the schema has it: lists that may be written to. */
export function toIncident(incident: Incident): Live["incidents"][number] {
  return encodeIncident(incident) as unknown as Live["incidents"][number];
}

export function newestFirst(incidents: readonly Incident[]): readonly Incident[] {
  return incidents.toSorted((a, b) => b.openedAtMs - a.openedAtMs);
}

function rowOf({ key, figures, inFlight, oldestAgeNs }: Row, windowSec: number): LiveRow {
  return { key, recent: recentOf(figures, windowSec), in_flight: inFlight, oldest_ms: toMs(oldestAgeNs) };
}

function openRows(look: Look, table: RequestMemory): LiveOpen[] {
  const { lines, shares } = look;
  const requests = chooseOldest(lines, look.patient, look.open, OPEN_MAX).flatMap((i) => {
    const request = readAgain(table, lines, i);
    if (request === undefined) return [];
    const { messageId, sessionId, treeId, processId, taskId, comm, command } = request;
    return {
      age_ms: toMs(Math.max(0, lines.nowNs - (lines.startNs[i] ?? 0))) ?? 0,
      command: commandName(command),
      share: shares.nameOf(sessionId, treeId),
      message_id: String(messageId),
      ...{ pid: processId, tid: taskId, comm },
      waits_by_design: look.patient[i] === 1,
    };
  });
  const operations = look.waiting.map(({ startNs, processId, taskId, comm }) => ({
    age_ms: toMs(lines.nowNs - Number(startNs)) ?? 0,
    ...{ command: null, share: UNKNOWN_SHARE, message_id: null, pid: processId, tid: taskId, comm },
    waits_by_design: false,
  }));
  return [...operations, ...requests]
    .sort((a, b) => Number(a.waits_by_design) - Number(b.waits_by_design) || b.age_ms - a.age_ms)
    .slice(0, OPEN_MAX);
}

function lossesOver0(losses: Losses): Record<string, number> {
  const over0 = Object.keys(LOSS_CAUSES).flatMap((cause) => {
    const count = losses[cause] ?? 0;
    return count > 0 ? [[cause, count] as const] : [];
  });
  return Object.fromEntries(over0);
}
