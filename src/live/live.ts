// Makes the Live document, which `aod top` shows, from a snapshot, incidents and losses. Pure; every list is bounded.

import type { Live, LiveOpen, LiveRow } from "../api/live.ts";
import { encodeIncident } from "../history/snapshot.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { ClockPair, Losses } from "../model/capture.ts";
import { commandName } from "../model/command.ts";
import type { Incident } from "../model/incident.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import type { RequestMemory } from "../model/request.ts";
import { isPipeShare } from "../model/share.ts";
import { readAgain } from "../table/columns.ts";
import { histogramOf, secondsOf } from "./history.ts";
import { chooseOldest } from "./open.ts";
import { type LiveSnapshot, type Row, recentOf, toMs } from "./snapshot.ts";

const ROWS_MAX = 100;
const OPEN_MAX = 100;
const INCIDENTS_MAX = 20;
const STALLS_MAX = 20;
const STALL_SHARES_MAX = 100;

/** What a Live document shows beside the requests. */
export interface LiveContext {
  readonly epochMs: number;
  readonly isWatching: boolean;
  /** Open incidents and those of the last minutes. */
  readonly incidents: readonly Incident[];
  readonly losses: Losses;
}

export function makeLive(snapshot: LiveSnapshot, table: RequestMemory, context: LiveContext): Live {
  const { windowSec, nowSec, total, open, waiting } = snapshot;
  const rows = (some: readonly Row[]) => some.map((row) => rowOf(row, snapshot));
  return {
    at: new Date(context.epochMs).toISOString(),
    state: context.isWatching ? "watching" : "waiting",
    window_sec: Math.round(windowSec * 1000) / 1000,
    total: recentOf(total.figures, windowSec),
    now_sec: Math.round(nowSec * 1000) / 1000,
    total_now: recentOf(total.now, nowSec),
    stalled: stalledOf(snapshot),
    groups: {
      // An IPC$ holds no files; the SMB client uses it for itself.
      share: rows(snapshot.byShare(ROWS_MAX).filter(({ key }) => !isPipeShare(key))),
      command: rows(snapshot.byCommand(ROWS_MAX)),
      process: rows(snapshot.byProcess(ROWS_MAX)),
    },
    histogram: histogramOf(snapshot),
    ...secondsOf(snapshot),
    in_flight: openRows(snapshot, table),
    in_flight_total: open.length + waiting.length,
    incidents: incidentsNewestFirst(context.incidents)
      .slice(0, INCIDENTS_MAX)
      .map((incident) =>
        toIncident(incident, { epochMs: context.epochMs, monotonicNs: snapshot.lines.nowNs }),
      ),
    losses: lossesOver0(context.losses),
  };
}

/** An incident in the type of the schema, whose lists are mutable. */
export function toIncident(incident: Incident, now: ClockPair): Live["incidents"][number] {
  return encodeIncident(incident, now) as unknown as Live["incidents"][number];
}

/** The silent servers, as Live and Status documents list them. */
export function stalledOf({ stalls }: LiveSnapshot): Live["stalled"] {
  return stalls.slice(0, STALLS_MAX).map(({ server, silentNs, inFlight, oldestAgeNs, shares }) => ({
    server,
    silent_ms: toMs(silentNs) ?? 0,
    in_flight: inFlight,
    oldest_ms: toMs(oldestAgeNs) ?? 0,
    shares: shares.slice(0, STALL_SHARES_MAX),
  }));
}

export function incidentsNewestFirst(incidents: readonly Incident[]): readonly Incident[] {
  return incidents.toSorted((a, b) => b.openedAtMs - a.openedAtMs);
}

function rowOf(row: Row, { windowSec, nowSec }: LiveSnapshot): LiveRow {
  return {
    key: row.key,
    recent: recentOf(row.figures, windowSec),
    now: recentOf(row.now, nowSec),
    in_flight: row.inFlight,
    oldest_ms: toMs(row.oldestAgeNs),
  };
}

function openRows(snapshot: LiveSnapshot, table: RequestMemory): LiveOpen[] {
  const { lines, shares } = snapshot;
  const requests = chooseOldest(lines, snapshot.mayBlock, snapshot.open, OPEN_MAX).flatMap((i) => {
    const request = readAgain(table, lines, i);
    if (request === undefined) return [];
    const { messageId, sessionId, treeId, processId, taskId, comm, command } = request;
    return {
      age_ms: toMs(Math.max(0, lines.nowNs - (lines.startNs[i] ?? 0))) ?? 0,
      command: commandName(command),
      share: shares.nameOf(sessionId, treeId),
      message_id: String(messageId),
      pid: processId,
      tid: taskId,
      comm,
      waits_by_design: snapshot.mayBlock[i] === 1,
    };
  });
  const operations = snapshot.waiting.map(({ startNs, processId, taskId, comm }) => ({
    age_ms: toMs(lines.nowNs - Number(startNs)) ?? 0,
    command: null,
    share: UNKNOWN_SHARE,
    message_id: null,
    pid: processId,
    tid: taskId,
    comm,
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
