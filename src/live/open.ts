// What is open at this moment, requests without a reply and operations that wait to become one: how many, how old, and
// the oldest of them. Pure but for the memory and the functions that are handed in.
//
// Requests that may block indefinitely (CHANGE_NOTIFY waits for hours) are counted and shown, but never as the oldest.

import type { Operation, OperationMemory } from "../model/operation.ts";
import { OPERATION } from "../model/request.gen.ts";
import type { Lines } from "../table/columns.ts";
import { isUsed, lineStartNs, readStarted } from "../table/line.ts";

/** Whether a task waits in cifs. */
export type IsWaiting = (taskId: number) => boolean;

/** Normally an operation becomes a request within microseconds. */
const WAITING_AFTER_NS = 1e9;
/** Tasks that are examined, those that entered first: each costs a read of /proc. */
const ASKED_MAX = 256;

/** The indices in Lines of the requests in flight, in no order. */
export function findOpen(lines: Lines): Uint32Array {
  const open = new Uint32Array(lines.count);
  let count = 0;
  for (let i = 0; i < lines.count; i++) if (lines.latencyNs[i] === 0) open[count++] = i;
  return open.subarray(0, count);
}

/**
 * The oldest requests that should have a reply; if these are too few, then the oldest that may block indefinitely.
 * @param mayBlock by index in Lines: 1 for the latter.
 */
export function chooseOldest(
  lines: Lines,
  mayBlock: Uint8Array,
  open: Uint32Array,
  most: number,
): readonly number[] {
  const isBlocking = (i: number) => mayBlock[i] === 1;
  const due = oldestOf(
    lines,
    open.filter((i) => !isBlocking(i)),
    most,
  );
  return [...due, ...oldestOf(lines, open.filter(isBlocking), most - due.length)];
}

/** All lines may be open: their starts are sorted as plain numbers, and only the few that are returned as indices. */
function oldestOf(lines: Lines, open: Uint32Array, most: number): readonly number[] {
  const startNs = (i: number) => lines.startNs[i] as number;
  const starts = Float64Array.from(open, startNs).sort();
  const last = starts[Math.min(most, starts.length) - 1] ?? -Infinity;
  return [...open.filter((i) => startNs(i) <= last)].sort((a, b) => startNs(a) - startNs(b)).slice(0, most);
}

export interface OpenFigures {
  readonly count: number;
  /** When the oldest request that should have a reply was sent, ns of CLOCK_MONOTONIC; Infinity if there is none. */
  readonly oldestStartNs: number;
}

/** The figures of each group. @param mayBlock, groupOf by index in Lines. */
export function openFiguresBy(
  lines: Lines,
  mayBlock: Uint8Array,
  open: Uint32Array,
  groupOf: Uint32Array,
  groups: number,
): readonly OpenFigures[] {
  const count = new Uint32Array(groups);
  const oldestStartNs = new Float64Array(groups).fill(Infinity);
  for (const i of open) {
    const group = groupOf[i] as number;
    count[group] = (count[group] as number) + 1;
    if (mayBlock[i] === 1) continue;
    oldestStartNs[group] = Math.min(oldestStartNs[group] as number, lines.startNs[i] as number);
  }
  return Array.from(count, (number, group) => ({
    count: number,
    oldestStartNs: oldestStartNs[group] ?? Infinity,
  }));
}

/**
 * Operations that began over a second ago and whose task waits in cifs without a request in flight; the oldest first.
 */
export function findWaiting(
  memory: OperationMemory,
  nowNs: number,
  senders: ReadonlySet<number>,
  isWaiting: IsWaiting,
): readonly Operation[] {
  const entered: Operation[] = [];
  for (let at = 0; at < memory.byteLength; at += OPERATION.BYTES) {
    const startNs = lineStartNs(memory, at);
    if (!isUsed(startNs) || nowNs - startNs < WAITING_AFTER_NS) continue;
    const operation = readStarted(memory, at, startNs);
    if (operation !== undefined && !senders.has(operation.taskId)) entered.push(operation);
  }
  entered.sort((a, b) => Number(a.startNs - b.startNs));
  return entered.slice(0, ASKED_MAX).filter(({ taskId }) => isWaiting(taskId));
}
