// The text of the action `inflight`: every open request and every operation that has not become a request when the
// memory was frozen, oldest first, with the kernel function in which its task waits. Pure, except for the task reader
// that the caller passes: it reads only wchan and stack from /proc, and no reader can hang on these.
//
// An operation's line means only that its task entered cifs and did not leave (bpf/operation.h). So it is shown only if
// its task has no open request and waits where cifs makes tasks wait.

import { readStack, readWchan } from "../cifs/proc.ts";
import { judgeWchan } from "../cifs/wchan.ts";
import type { CaptureOrder, FrozenMemory } from "../model/capture.ts";
import { isWaitInCifs } from "../model/cifs.ts";
import { dropInHint } from "../model/drop-in.ts";
import { asEvidence, OperationMemory } from "../model/operation.ts";
import { KIND, OPERATION, REQUEST_BYTES } from "../model/request.gen.ts";
import { type Request, RequestMemory } from "../model/request.ts";
import { isUsed, lineStartNs } from "../table/line.ts";
import { makeRequestRow } from "./request-row.ts";

export interface TaskReader {
  /** Undefined for a task that has ended; "0" for one that runs or that aod may not inspect. */
  readonly readWchan: (taskId: number) => string | undefined;
  /** "refused" if aod may not inspect the task. */
  readonly readStack: (taskId: number) => string | undefined;
}

/** Most rows shown: each may need its own task's wchan, 13 µs a reading. requests.csv has every request. */
const ROWS_MAX = 1024;
/** The oldest operations are examined, up to this number. There may be as many as the memory has lines. */
const OPERATIONS_MAX = 1024;
/** Most tasks whose stack is shown: each costs the kernel a stack walk. */
const STACKS_MAX = 64;

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
  const examined = entered.slice(0, OPERATIONS_MAX);
  const waiting = examined.filter(({ taskId }) => isWaitInCifs(judgeWchan(wchanOf(taskId))));
  const shown = [...requests, ...waiting].sort(byStart).slice(0, ROWS_MAX);
  const waiters = shown.map((request) => ({ request, wchan: wchanOf(request.taskId) ?? "gone" }));
  const unshown = open + waiting.length - shown.length;
  return `${[
    `${open} requests without a reply, ${waiting.length} operations that wait to be sent; oldest first`,
    ...(unshown > 0 ? [`the ${unshown} youngest are not shown; requests.csv has every request`] : []),
    `${examined.length - waiting.length} tasks entered cifs and do not wait in it, or may not be inspected`,
    ...(examined.length < entered.length
      ? [`${entered.length - examined.length} more entered later and were not inspected`]
      : []),
    "",
    ...inColumns([COLUMNS, ...waiters.map(toCells(order))]),
    ...stackLines(waiters, tasks),
  ].join("\n")}\n`;
}

// --- internal ---

/**
 * The number of open requests, the oldest of them, and which of `tasks` have one. All 65,536 may be open, so they are
 * sorted as plain numbers, and only the oldest are decoded.
 */
function openRequests(table: ArrayBuffer, tasks: ReadonlySet<number>) {
  const memory = new RequestMemory(table);
  const lines = Math.floor(memory.byteLength / REQUEST_BYTES);
  const starts = new Float64Array(lines);
  const offsets = new Uint32Array(lines);
  const senders = new Set<number>();
  let open = 0;
  for (let at = 0; at < lines * REQUEST_BYTES; at += REQUEST_BYTES) {
    const startNs = lineStartNs(memory, at);
    if (!isUsed(startNs) || memory.latencyNs(at) !== 0) continue;
    if (tasks.has(memory.taskId(at))) senders.add(memory.taskId(at));
    starts[open] = startNs;
    offsets[open++] = at;
  }
  const lastShown = starts.slice(0, open).sort()[ROWS_MAX - 1] ?? Infinity;
  const oldest: Request[] = [];
  for (let i = 0; i < open; i++) {
    if ((starts[i] ?? 0) <= lastShown) oldest.push(memory.read(offsets[i] ?? 0));
  }
  return { open, requests: oldest.sort(byStart).slice(0, ROWS_MAX), senders };
}

/** Open operations in the form of evidence, with the xid as message id; at most 4,096. */
function openOperations(operations: ArrayBuffer): readonly Request[] {
  const memory = new OperationMemory(operations);
  const open: Request[] = [];
  for (let at = 0; at < memory.byteLength; at += OPERATION.BYTES) {
    if (isUsed(lineStartNs(memory, at))) open.push(asEvidence(memory.read(at)));
  }
  return open;
}

function byStart(a: Request, b: Request): number {
  return Number(a.startNs - b.startNs);
}

/** Reads the wchan of each task once. */
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
      String(row.pid),
      String(row.tid),
      row.comm,
      row.share || "-",
      isRequest ? row.session_id : "-",
      isRequest ? row.tree_id : "-",
      row.message_id,
      wchan,
    ];
  };
}

/** Pads the cells; two spaces between columns, none at the end of a line. */
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
