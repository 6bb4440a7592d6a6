// One look at the request table: everything that status and live figures are made of. In: the memory as it is now, what is known
// of trees; out: figures of the last seconds, by share, command and process. Pure but for what is handed in; keeps nothing.

import { type LiveRow, SECONDS_MAX } from "../api/live.ts";
import { waitsByDesign } from "../model/command.ts";
import type { Operation, OperationMemory } from "../model/operation.ts";
import type { RequestMemory } from "../model/request.ts";
import { isPipeShare, ShareIndex, type TreeShare } from "../model/share.ts";
import { type Grouping, groupByCommand, groupByProcess, groupByShare, type NameProcess } from "./grouping.ts";
import { type Lines, readAgain, readLines } from "./lines.ts";
import { findOpen, findWaiting, type IsWaiting, openFiguresBy } from "./open.ts";
import { type Figures, figuresBy, findReplies, type Replies } from "./replies.ts";

/** What is looked at. */
export interface Subject {
  readonly table: RequestMemory;
  readonly operations: OperationMemory;
  /** Read before the table, ns of CLOCK_MONOTONIC. */
  readonly nowNs: number;
  /** From when on no request is missing from the table; undefined while nothing is watched. */
  readonly watchingSinceNs: number | undefined;
  readonly trees: readonly TreeShare[];
  readonly isWaiting: IsWaiting;
  readonly nameProcess: (processId: number, comm: string, command: number) => string;
}

/** How far back figures go where the flight recorder does. */
export const WINDOW_SEC = 60;

type Recent = LiveRow["recent"];

/** One group of requests. */
export interface Row {
  readonly key: string;
  readonly figures: Figures;
  readonly inFlight: number;
  /** Of the oldest that should have a reply, ns; undefined for none. */
  readonly oldestAgeNs: number | undefined;
}

export interface Look {
  readonly lines: Lines;
  readonly shares: ShareIndex;
  /** By place in Lines: 1 for what may wait by design. */
  readonly patient: Uint8Array;
  /** Replies of the last SECONDS_MAX. */
  readonly replies: Replies;
  /** When the figures begin, ns of CLOCK_MONOTONIC. */
  readonly fromNs: number;
  /** Before this moment requests may be missing. */
  readonly completeSinceNs: number;
  readonly windowSec: number;
  /** Places in Lines. */
  readonly open: Uint32Array;
  readonly waiting: readonly Operation[];
  readonly total: Row;
  readonly byShare: Rows;
  readonly byCommand: Rows;
  readonly byProcess: Rows;
}

/** Every group that has a reply in the window, or something open; the busiest first. */
export type Rows = (most: number) => readonly Row[];

export function lookAt(subject: Subject): Look {
  const { nowNs, watchingSinceNs = nowNs } = subject;
  const lines = readLines(subject.table, nowNs);
  const shares = new ShareIndex(subject.trees);
  const completeSinceNs = Math.min(nowNs, Math.max(watchingSinceNs, lines.completeSinceNs));
  const fromNs = Math.max(completeSinceNs, nowNs - WINDOW_SEC * 1e9);
  const grouped = groupByShare(lines, shares);
  const patient = findPatient(lines, grouped);
  const replies = findReplies(lines, patient, Math.max(completeSinceNs, nowNs - (SECONDS_MAX + 1) * 1e9));
  const open = findOpen(lines);
  const senders = new Set<number>();
  for (const i of open) senders.add(lines.taskId[i] as number);
  const inWindow = placesInWindow(lines, replies, fromNs);
  const rowsOf = makeRows({ lines, patient, replies, inWindow, open });
  const nameProcess: NameProcess = (processId, i) => {
    const comm = readAgain(subject.table, lines, i)?.comm ?? "?";
    return subject.nameProcess(processId, comm, lines.command[i] as number);
  };
  const all: Grouping = { of: new Uint32Array(lines.count), count: 1, nameOf: () => "" };
  return {
    ...{ lines, shares, patient, replies, fromNs, completeSinceNs, open },
    windowSec: (nowNs - fromNs) / 1e9,
    waiting: findWaiting(subject.operations, nowNs, senders, subject.isWaiting),
    total: rowsOf(all)(1)[0] ?? emptyRow(""),
    byShare: rowsOf(grouped),
    byCommand: rowsOf(groupByCommand(lines), true),
    byProcess: rowsOf(groupByProcess(lines, nameProcess)),
  };
}

export function emptyRow(key: string): Row {
  const figures = { requests: 0, errors: 0, p50Ns: undefined, p99Ns: undefined, maxNs: undefined };
  return { key, figures, inFlight: 0, oldestAgeNs: undefined };
}

/** Figures as they are told. */
export function recentOf({ requests, errors, p50Ns, p99Ns, maxNs }: Figures, windowSec: number): Recent {
  return {
    requests,
    rate_per_sec: windowSec === 0 ? 0 : Math.round((requests / windowSec) * 10) / 10,
    errors,
    p50_ms: toMs(p50Ns),
    p99_ms: toMs(p99Ns),
    max_ms: toMs(maxNs),
  };
}

/** To the microsecond: more would be noise. */
export function toMs(ns: number | undefined): number | null {
  return ns === undefined ? null : Math.round(ns / 1e3) / 1e3;
}

// --- internal ---

/** 1 for a reply that came in the window. */
function placesInWindow(lines: Lines, replies: Replies, fromNs: number): Uint8Array {
  const inWindow = new Uint8Array(replies.count);
  for (let at = 0; at < replies.count; at++) {
    const i = replies.line[at] as number;
    inWindow[at] = (lines.startNs[i] as number) + (lines.latencyNs[i] as number) >= fromNs ? 1 : 0;
  }
  return inWindow;
}

function findPatient(lines: Lines, { of, count, nameOf }: Grouping): Uint8Array {
  const isOnIpc = Array.from({ length: count }, (_, group) => isPipeShare(nameOf(group)));
  return Uint8Array.from(lines.command.subarray(0, lines.count), (command, i) =>
    waitsByDesign(command, isOnIpc[of[i] as number]) ? 1 : 0,
  );
}

interface Parts {
  readonly lines: Lines;
  readonly patient: Uint8Array;
  readonly replies: Replies;
  readonly inWindow: Uint8Array;
  readonly open: Uint32Array;
}

function makeRows({
  lines,
  patient,
  replies,
  inWindow,
  open,
}: Parts): (grouping: Grouping, all?: boolean) => Rows {
  return ({ of, count, nameOf }, all = false) => {
    const groupOf = new Int32Array(replies.count);
    for (let at = 0; at < replies.count; at++)
      groupOf[at] = inWindow[at] === 1 ? (of[replies.line[at] as number] as number) : -1;
    const figures = figuresBy(lines, replies, groupOf, count, all);
    const opens = openFiguresBy(lines, patient, open, of, count);
    const busy = figures
      .map((one, group) => ({
        ...{ group, figures: one, open: opens[group] ?? { count: 0, oldestStartNs: Infinity } },
      }))
      .filter(({ figures: { requests }, open: { count: inFlight } }) => requests + inFlight > 0)
      .sort((a, b) => b.figures.requests - a.figures.requests || b.open.count - a.open.count);
    return (most) =>
      busy.slice(0, most).map(({ group, figures: its, open: { count: inFlight, oldestStartNs } }) => ({
        key: nameOf(group),
        figures: its,
        inFlight,
        oldestAgeNs: oldestStartNs === Infinity ? undefined : Math.max(0, lines.nowNs - oldestStartNs),
      }));
  };
}
