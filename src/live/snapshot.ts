// One snapshot of the request table, from which status and live figures are made: the last seconds by share, command
// and process. Pure but for the memory and the functions that are handed in; it stores nothing.

import { type LiveRow, SECONDS_MAX } from "../api/live.ts";
import { mayBlock as commandMayBlock } from "../model/command.ts";
import type { Operation, OperationMemory } from "../model/operation.ts";
import type { RequestMemory } from "../model/request.ts";
import { isPipeShare, ShareIndex, type TreeShare } from "../model/share.ts";
import { type Lines, readAgain, readLines } from "../table/columns.ts";
import { type Grouping, groupByCommand, groupByProcess, groupByShare, type NameProcess } from "./grouping.ts";
import { findOpen, findWaiting, type IsWaiting, type OpenFigures, openFiguresBy } from "./open.ts";
import { figuresBy, findReplies, type Replies, type ReplyFigures } from "./replies.ts";
import { findStalls, type Stall } from "./stalls.ts";

/** The subject of a snapshot. */
export interface SnapshotInput {
  readonly table: RequestMemory;
  readonly operations: OperationMemory;
  /** Read before the table, ns of CLOCK_MONOTONIC. */
  readonly nowNs: number;
  /** The table has every request since then, ns of CLOCK_MONOTONIC; undefined while nothing is watched. */
  readonly watchingSinceNs: number | undefined;
  readonly trees: readonly TreeShare[];
  readonly isWaiting: IsWaiting;
  readonly nameProcess: (processId: number, comm: string, command: number) => string;
  /** Whether a process has exited. */
  readonly hasEnded: (processId: number) => boolean;
}

/** How far back figures go, unless the flight recorder is shorter. */
export const LIVE_WINDOW_SEC = 60;
/**
 * How far back the "now" figures go. Without them a total stall would look healthy for a minute, in the mean of the
 * window.
 */
export const NOW_SEC = 5;

type Recent = LiveRow["recent"];

/** One group of requests. */
export interface Row {
  readonly key: string;
  readonly figures: ReplyFigures;
  /** The figures of the last NOW_SEC. */
  readonly now: ReplyFigures;
  readonly inFlight: number;
  /** Age of the oldest request that should have a reply, ns; undefined if there is none. */
  readonly oldestAgeNs: number | undefined;
}

export interface LiveSnapshot {
  readonly lines: Lines;
  readonly shares: ShareIndex;
  /** By index in Lines: 1 for a request that may block indefinitely. */
  readonly mayBlock: Uint8Array;
  /** Replies of the last SECONDS_MAX seconds. */
  readonly replies: Replies;
  /** Start of the window, ns of CLOCK_MONOTONIC. */
  readonly fromNs: number;
  /** Requests before this moment may be missing, ns of CLOCK_MONOTONIC. */
  readonly completeSinceNs: number;
  readonly windowSec: number;
  /** Length of the window of the "now" figures. */
  readonly nowSec: number;
  /** Requests in flight, as indices in Lines. */
  readonly open: Uint32Array;
  readonly waiting: readonly Operation[];
  /** Servers that owe replies and send none; the longest silence first. */
  readonly stalls: readonly Stall[];
  readonly total: Row;
  readonly byShare: Rows;
  readonly byCommand: Rows;
  readonly byProcess: Rows;
}

/**
 * The groups with a reply in the window or a request in flight: overdue ones first, the oldest first, then the busiest.
 */
export type Rows = (most: number) => readonly Row[];

export function takeSnapshot(input: SnapshotInput): LiveSnapshot {
  const { nowNs, watchingSinceNs = nowNs } = input;
  const lines = readLines(input.table, nowNs);
  const shares = new ShareIndex(input.trees);
  const completeSinceNs = Math.min(nowNs, Math.max(watchingSinceNs, lines.completeSinceNs));
  const fromNs = Math.max(completeSinceNs, nowNs - LIVE_WINDOW_SEC * 1e9);
  const grouped = groupByShare(lines, shares);
  const mayBlock = findMayBlock(lines, grouped);
  const replies = findReplies(lines, mayBlock, Math.max(completeSinceNs, nowNs - (SECONDS_MAX + 1) * 1e9));
  const open = findOpen(lines);
  const senders = new Set<number>();
  for (const i of open) senders.add(lines.taskId[i] as number);
  const nowFromNs = Math.max(fromNs, nowNs - NOW_SEC * 1e9);
  const rowsOf = makeRows({
    lines,
    mayBlock,
    replies,
    inWindow: placesInWindow(lines, replies, fromNs),
    inNow: placesInWindow(lines, replies, nowFromNs),
    open,
  });
  const nameProcess: NameProcess = (processId, i) => {
    const comm = readAgain(input.table, lines, i)?.comm ?? "?";
    return input.nameProcess(processId, comm, lines.command[i] as number);
  };
  const all: Grouping = { of: new Uint32Array(lines.count), count: 1, nameOf: () => "" };
  return {
    lines,
    shares,
    mayBlock,
    replies,
    fromNs,
    completeSinceNs,
    open,
    windowSec: (nowNs - fromNs) / 1e9,
    nowSec: (nowNs - nowFromNs) / 1e9,
    stalls: findStalls(lines, mayBlock, open, replies, grouped),
    waiting: findWaiting(input.operations, nowNs, senders, input.isWaiting),
    total: rowsOf(all)(1)[0] ?? emptyRow(""),
    byShare: rowsOf(grouped),
    byCommand: rowsOf(groupByCommand(lines), true),
    byProcess: rowsOf(groupByProcess(lines, nameProcess, input.hasEnded)),
  };
}

/** From this age on an open request moves its group to the top. */
const OVERDUE_NS = 5e9;

/** The age of the oldest request if it is overdue, else 0: a hang must not fall off a list of the busiest. */
function overdueNs({ oldestStartNs }: OpenFigures, { nowNs }: Lines): number {
  const ageNs = oldestStartNs === Infinity ? 0 : nowNs - oldestStartNs;
  return ageNs >= OVERDUE_NS ? ageNs : 0;
}

const NO_FIGURES: ReplyFigures = {
  requests: 0,
  errors: 0,
  p50Ns: undefined,
  p99Ns: undefined,
  maxNs: undefined,
};

export function emptyRow(key: string): Row {
  return { key, figures: NO_FIGURES, now: NO_FIGURES, inFlight: 0, oldestAgeNs: undefined };
}

/** Figures as the documents have them. */
export function recentOf({ requests, errors, p50Ns, p99Ns, maxNs }: ReplyFigures, windowSec: number): Recent {
  return {
    requests,
    rate_per_sec: windowSec === 0 ? 0 : Math.round((requests / windowSec) * 10) / 10,
    errors,
    p50_ms: toMs(p50Ns),
    p99_ms: toMs(p99Ns),
    max_ms: toMs(maxNs),
  };
}

/** Milliseconds, rounded to the microsecond: more would be noise. */
export function toMs(ns: number | undefined): number | null {
  return ns === undefined ? null : Math.round(ns / 1e3) / 1e3;
}

// --- internal ---

/** By index in Replies: 1 for a reply within the window. */
function placesInWindow(lines: Lines, replies: Replies, fromNs: number): Uint8Array {
  const inWindow = new Uint8Array(replies.count);
  for (let at = 0; at < replies.count; at++) {
    const i = replies.line[at] as number;
    inWindow[at] = (lines.startNs[i] as number) + (lines.latencyNs[i] as number) >= fromNs ? 1 : 0;
  }
  return inWindow;
}

function findMayBlock(lines: Lines, { of, count, nameOf }: Grouping): Uint8Array {
  const isOnIpc = Array.from({ length: count }, (_, group) => isPipeShare(nameOf(group)));
  return Uint8Array.from(lines.command.subarray(0, lines.count), (command, i) =>
    commandMayBlock(command, isOnIpc[of[i] as number]) ? 1 : 0,
  );
}

interface Parts {
  readonly lines: Lines;
  readonly mayBlock: Uint8Array;
  readonly replies: Replies;
  readonly inWindow: Uint8Array;
  readonly inNow: Uint8Array;
  readonly open: Uint32Array;
}

function makeRows(parts: Parts): (grouping: Grouping, all?: boolean) => Rows {
  const { lines, mayBlock, replies, open } = parts;
  return ({ of, count, nameOf }, all = false) => {
    const figuresIn = (isIn: Uint8Array) => {
      const groupOf = new Int32Array(replies.count);
      for (let at = 0; at < replies.count; at++)
        groupOf[at] = isIn[at] === 1 ? (of[replies.line[at] as number] as number) : -1;
      return figuresBy(lines, replies, groupOf, count, all);
    };
    const now = figuresIn(parts.inNow);
    const opens = openFiguresBy(lines, mayBlock, open, of, count);
    const busy = figuresIn(parts.inWindow)
      .map((figures, group) => ({
        group,
        figures,
        now: now[group] ?? NO_FIGURES,
        open: opens[group] ?? { count: 0, oldestStartNs: Infinity },
      }))
      .filter(({ figures: { requests }, open: { count: inFlight } }) => requests + inFlight > 0)
      .sort(
        (a, b) =>
          overdueNs(b.open, lines) - overdueNs(a.open, lines) ||
          b.figures.requests - a.figures.requests ||
          b.open.count - a.open.count,
      );
    return (most) =>
      busy.slice(0, most).map(({ group, open: { count: inFlight, oldestStartNs }, ...its }) => ({
        key: nameOf(group),
        figures: its.figures,
        now: its.now,
        inFlight,
        oldestAgeNs: oldestStartNs === Infinity ? undefined : Math.max(0, lines.nowNs - oldestStartNs),
      }));
  };
}
