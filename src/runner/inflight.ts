// What waited when the memory was frozen: every open request of the table, and every operation that is no request yet,
// oldest first, with where its task is in the kernel. In: the order, the frozen memory, ways to look at a task; out:
// text. Pure but for what is handed in; of /proc it wants wchan and stack alone, which nobody can hang on.
//
// An operation's line says only that its task entered cifs and did not leave (bpf/operation.h). So it is shown only if
// its task has no open request and waits where cifs makes tasks wait.

import { readStack, readWchan } from "../cifs/proc.ts";
import { judgeWchan } from "../cifs/wchan.ts";
import type { CaptureOrder, FrozenMemory } from "../model/capture.ts";
import { isWaitInCifs } from "../model/cifs.ts";
import { dropInHint } from "../model/drop-in.ts";
import { asEvidence, OperationMemory } from "../model/operation.ts";
import { KIND, OPERATION, REQUEST_BYTES } from "../model/request.gen.ts";
import { type Request, RequestMemory } from "../model/request.ts";
import { makeRequestRow } from "./request-row.ts";

/** How tasks are looked at. */
export interface TaskReader {
  /** Undefined for a task that is no more, "0" for one that runs or may not be looked at. */
  readonly readWchan: (taskId: number) => string | undefined;
  /** "refused" where it may not be looked at. */
  readonly readStack: (taskId: number) => string | undefined;
}

/** Rows that are shown: each may be a task of its own, and a look at one takes 13 µs. requests.csv has every request. */
const ROWS_MAX = 1024;
/** Operations that are looked at, the oldest: as many may be there as the memory has lines. */
const OPERATIONS_MAX = 1024;
/** Tasks whose stack is shown: each costs the kernel a walk. */
const STACKS_MAX = 64;
/** From here on start_ns is no time: the line is being written. */
const WRITTEN_HIGH = 0x8000_0000;

const COLUMNS = ["age_s", "command", "pid", "tid", "comm", "share", "session", "tree", "message", "wchan"];

interface Waiter {
  readonly request: Request;
  readonly wchan: string;
}

export function describeInflight(
  order: Pick<CaptureOrder, "frozenAt" | "shares">,
  { table, operations }: FrozenMemory,
  tasks: TaskReader = { readWchan: (taskId) => readWchan(taskId), readStack: (taskId) => readStack(taskId) },
): string {
  const wchanOf = makeWchan(tasks);
  const inside = openOperations(operations);
  const { open, requests, senders } = openRequests(table, new Set(inside.map(({ taskId }) => taskId)));
  const entered = inside.filter(({ taskId }) => !senders.has(taskId)).sort(byStart);
  const looked = entered.slice(0, OPERATIONS_MAX);
  const waiting = looked.filter(({ taskId }) => isWaitInCifs(judgeWchan(wchanOf(taskId))));
  const shown = [...requests, ...waiting].sort(byStart).slice(0, ROWS_MAX);
  const waiters = shown.map((request) => ({ request, wchan: wchanOf(request.taskId) ?? "gone" }));
  const unshown = open + waiting.length - shown.length;
  return `${[
    `${open} requests without a reply, ${waiting.length} operations that wait to be one; oldest first`,
    ...(unshown > 0 ? [`the ${unshown} youngest are not shown; requests.csv has every request`] : []),
    `${looked.length - waiting.length} tasks entered cifs and do not wait for it, or may not be looked at`,
    ...(looked.length < entered.length
      ? [`${entered.length - looked.length} more entered later and were not looked at`]
      : []),
    "",
    ...inColumns([COLUMNS, ...waiters.map(toCells(order))]),
    ...stackLines(waiters, tasks),
  ].join("\n")}\n`;
}

// --- internal ---

/**
 * How many there are, the oldest of them, and which of these tasks have one. All 65,536 may be open: they are sorted as
 * plain numbers, and few are decoded.
 */
function openRequests(table: ArrayBuffer, tasks: ReadonlySet<number>) {
  const memory = new RequestMemory(table);
  const lines = Math.floor(memory.byteLength / REQUEST_BYTES);
  const starts = new Float64Array(lines);
  const offsets = new Uint32Array(lines);
  const senders = new Set<number>();
  let open = 0;
  for (let at = 0; at < lines * REQUEST_BYTES; at += REQUEST_BYTES) {
    const high = memory.startHigh(at);
    const low = memory.startLow(at);
    if (!isTime(high, low) || memory.latencyNs(at) !== 0) continue;
    if (tasks.has(memory.taskId(at))) senders.add(memory.taskId(at));
    starts[open] = high * 0x1_0000_0000 + low;
    offsets[open++] = at;
  }
  const lastShown = starts.slice(0, open).sort()[ROWS_MAX - 1] ?? Infinity;
  const oldest: Request[] = [];
  for (let i = 0; i < open; i++) {
    if ((starts[i] ?? 0) <= lastShown) oldest.push(memory.read(offsets[i] ?? 0));
  }
  return { open, requests: oldest.sort(byStart).slice(0, ROWS_MAX), senders };
}

/** As evidence has them: the xid for a message id. 4,096 lines at most. */
function openOperations(operations: ArrayBuffer): readonly Request[] {
  const memory = new OperationMemory(operations);
  const open: Request[] = [];
  for (let at = 0; at < memory.byteLength; at += OPERATION.BYTES) {
    if (isTime(memory.startHigh(at), memory.startLow(at))) open.push(asEvidence(memory.read(at)));
  }
  return open;
}

function isTime(high: number, low: number): boolean {
  return high < WRITTEN_HIGH && (high !== 0 || low !== 0);
}

function byStart(a: Request, b: Request): number {
  return Number(a.startNs - b.startNs);
}

/** Each task is asked once. */
function makeWchan({ readWchan }: TaskReader): TaskReader["readWchan"] {
  const known = new Map<number, string | undefined>();
  return (taskId) => {
    if (!known.has(taskId)) known.set(taskId, readWchan(taskId)?.trim());
    return known.get(taskId);
  };
}

function toCells(order: Pick<CaptureOrder, "frozenAt" | "shares">): (waiter: Waiter) => readonly string[] {
  const toRow = makeRequestRow(order);
  return ({ request, wchan }) => {
    const row = toRow(request);
    const isRequest = request.kind !== KIND.OPERATION;
    return [
      ((row.latency_ns ?? 0) / 1e9).toFixed(3),
      isRequest ? row.command : "waiting",
      ...[String(row.pid), String(row.tid), row.comm, row.share || "-"],
      ...(isRequest ? [row.session_id, row.tree_id] : ["-", "-"]),
      ...[row.message_id, wchan],
    ];
  };
}

/** Padded, two spaces between, nothing at the end of a line. */
function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function stackLines(waiters: readonly Waiter[], { readStack }: TaskReader): readonly string[] {
  const taskIds = [...new Set(waiters.map(({ request }) => request.taskId))].slice(0, STACKS_MAX);
  const stacks = taskIds.map((taskId) => ({ taskId, stack: readStack(taskId) }));
  if (stacks.some(({ stack }) => stack === "refused"))
    return ["", `kernel stacks: aod may not read them (CAP_SYS_ADMIN): ${dropInHint("kernel-stacks")}`];
  return stacks.flatMap(({ taskId, stack }) =>
    stack === undefined ? [] : ["", `stack of ${taskId}`, stack.trimEnd()],
  );
}
