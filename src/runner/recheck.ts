// Checks open requests against the kernel's own list of requests without a reply: which of them still wait for a reply,
// and which have one that their task gets no CPU to take. Pure, except for the reader of wchan that the caller passes.
// To be called as soon as the list has been read: an open request that is not on the list has been sent or completed
// since, or its task is starved.

import { RUNS } from "../cifs/wchan.ts";
import type { DebugData } from "../model/cifs.ts";
import { REQUEST_BYTES } from "../model/request.gen.ts";
import type { RequestMemory } from "../model/request.ts";
import { isUsed, lineStartNs } from "../table/line.ts";
import type { TaskReader } from "./inflight.ts";

/** The open requests of the table, as far as the kernel's list decides about them. */
export interface RecheckedRequests {
  /** The kernel has waited for their reply for at least AWAITED_MS. */
  readonly awaited: readonly OpenRequest[];
  /** Their reply has arrived, and their task, which has to take it, runs or waits for a CPU. */
  readonly untaken: readonly OpenRequest[];
}

export interface OpenRequest {
  readonly sessionId: bigint;
  readonly treeId: number;
  readonly command: number;
  /** The age at the time of the recheck. */
  readonly ageMs: number;
}

/** The minimum age of an awaited request: a younger one may well be answered in a moment. */
const AWAITED_MS = 100;
/** The minimum age of an untaken request: a woken task runs within microseconds if there is a CPU for it. */
const UNTAKEN_MS = 10;
/** Most tasks whose wchan is read: each costs a read of /proc, and the tasks of one starved process are alike. */
const TASKS_MAX = 64;

/**
 * @param live the live table.
 * @param nowNs ns of CLOCK_MONOTONIC.
 * @returns undefined if the kernel's list may be incomplete.
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

/** The age of an open request, ms; undefined for any other line. */
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
