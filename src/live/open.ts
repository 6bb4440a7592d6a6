// What is open at this moment: requests without a reply, and operations that wait to become one. In: lines, the operations' memory,
// a way to ask what a task waits for; out: how many, how old, and the oldest of them. Pure but for what is handed in.
//
// What waits by design (CHANGE_NOTIFY waits for hours) is counted and shown, but never as the oldest.

import type { Operation, OperationMemory } from "../model/operation.ts";
import { OPERATION } from "../model/request.gen.ts";
import type { Lines } from "../table/columns.ts";
import { isUsed, lineStartNs, readStarted } from "../table/line.ts";

/** Whether a task waits where cifs makes tasks wait. */
export type IsWaiting = (taskId: number) => boolean;

/** An operation becomes a request within microseconds, as a rule. */
const WAITING_AFTER_NS = 1e9;
/** Tasks that are asked, those that entered first: each costs a read of /proc. */
const ASKED_MAX = 256;

/** Places in Lines, in no order. */
export function findOpen(lines: Lines): Uint32Array {
  const open = new Uint32Array(lines.count);
  let count = 0;
  for (let i = 0; i < lines.count; i++) if (lines.latencyNs[i] === 0) open[count++] = i;
  return open.subarray(0, count);
}

/**
 * The oldest of those that should have a reply; where these are not enough, the oldest of those that wait by design.
 * @param mayBlock by place in Lines: 1 for the latter.
 */
export function chooseOldest(
  lines: Lines,
  mayBlock: Uint8Array,
  open: Uint32Array,
  most: number,
): readonly number[] {
  const byDesign = (i: number) => mayBlock[i] === 1;
  const due = oldestOf(
    lines,
    open.filter((i) => !byDesign(i)),
    most,
  );
  return [...due, ...oldestOf(lines, open.filter(byDesign), most - due.length)];
}

/** All may be open: they are sorted as plain numbers, and few as places. */
function oldestOf(lines: Lines, open: Uint32Array, most: number): readonly number[] {
  const startNs = (i: number) => lines.startNs[i] as number;
  const starts = Float64Array.from(open, startNs).sort();
  const last = starts[Math.min(most, starts.length) - 1] ?? -Infinity;
  return [...open.filter((i) => startNs(i) <= last)].sort((a, b) => startNs(a) - startNs(b)).slice(0, most);
}

export interface OpenFigures {
  readonly count: number;
  /** When the oldest of those was sent that do not wait by design, ns of CLOCK_MONOTONIC; Infinity for none. */
  readonly oldestStartNs: number;
}

/** Group by group. @param mayBlock, groupOf by place in Lines. */
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

/** Operations for over a second whose task waits for cifs and has no request in flight, the oldest first. */
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
