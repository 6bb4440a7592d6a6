// Who waits for a reply, and who has one and gets no CPU to take it. In: the kernel's list of requests without a reply as
// it was just read, the live table, ways to look at a task; out: the open requests of either kind. Pure but for what is
// handed in; to be called as soon as the list has been read: what it lacks is in flight by then, taken, or its task starved.

import { RUNS } from "../cifs/wchan.ts";
import type { DebugData } from "../model/cifs.ts";
import { REQUEST_BYTES } from "../model/request.gen.ts";
import type { RequestMemory } from "../model/request.ts";
import { isUsed, lineStartNs } from "../table/line.ts";
import type { TaskReader } from "./inflight.ts";

/** Of open requests: */
export interface RecheckedRequests {
  /** the kernel waits for their reply, and has waited for AWAITED_MS; */
  readonly awaited: readonly OpenRequest[];
  /** their reply is there, and their task, which is to take it, runs or waits for a CPU. */
  readonly untaken: readonly OpenRequest[];
}

export interface OpenRequest {
  readonly sessionId: bigint;
  readonly treeId: number;
  readonly command: number;
  /** At the time of this list. */
  readonly ageMs: number;
}

/** Younger ones may well be answered in a moment. */
const AWAITED_MS = 100;
/** A task that is woken runs within microseconds where there is a CPU for it. */
const UNTAKEN_MS = 10;
/** Each costs a read of /proc; those of one starved process say what all of them would. */
const TASKS_MAX = 64;

/**
 * @param live the table as it is now.
 * @param nowNs of CLOCK_MONOTONIC.
 * @returns undefined where the kernel's list may lack some.
 */
export function recheckRequests(
  debugData: DebugData,
  live: RequestMemory,
  nowNs: number,
  readWchan: TaskReader["readWchan"],
): RecheckedRequests | undefined {
  if (!isListComplete(debugData)) return undefined;
  const mids = debugData.servers.flatMap((server) => server.mids);
  const listed = new Set(mids.map(({ pid, messageId }) => `${pid} ${messageId}`));
  const awaited: OpenRequest[] = [];
  const unlisted: number[] = [];
  for (let at = 0; at < live.byteLength; at += REQUEST_BYTES) {
    const ageMs = ageOf(live, at, nowNs);
    if (ageMs === undefined || ageMs < UNTAKEN_MS) continue;
    if (!listed.has(`${live.taskId(at)} ${live.messageId(at)}`)) unlisted.push(at);
    else if (ageMs >= AWAITED_MS) awaited.push(openRequest(live, at, ageMs));
  }
  const tasks = [...new Set(unlisted.map((at) => live.taskId(at)))].slice(0, TASKS_MAX);
  const starved = new Set(tasks.filter((taskId) => readWchan(taskId)?.trim() === RUNS));
  const untaken = unlisted.filter((at) => starved.has(live.taskId(at)) && live.latencyNs(at) === 0);
  return { awaited, untaken: untaken.map((at) => openRequest(live, at, ageOf(live, at, nowNs) ?? 0)) };
}

// --- internal ---

/** Of an open request; undefined for any other line. */
function ageOf(live: RequestMemory, at: number, nowNs: number): number | undefined {
  if (live.latencyNs(at) !== 0) return undefined;
  const startNs = lineStartNs(live, at);
  return isUsed(startNs) ? (nowNs - startNs) / 1e6 : undefined;
}

function openRequest(live: RequestMemory, at: number, ageMs: number): OpenRequest {
  return { sessionId: live.sessionId(at), treeId: live.treeId(at), command: live.command(at), ageMs };
}

function isListComplete({ complete, servers, listsChannels }: DebugData): boolean {
  if (!complete || servers.length === 0) return false;
  const hasChannels = servers.some(({ sessions }) => sessions.some((one) => one.channels.length > 0));
  return listsChannels || !hasChannels;
}
