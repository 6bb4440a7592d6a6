// The replies of the last minutes in the table, and their figures group by group: how many, how many failed, median,
// 99th percentile and maximum. Pure; one sort serves all groups.

import { classifyStatus } from "../model/nt-status.ts";
import { FLAG } from "../model/request.gen.ts";
import { isTrustedReply } from "../model/request.ts";
import type { Lines } from "../table/columns.ts";

/** Replies, the quickest first. All arrays have `count` entries. */
export interface Replies {
  readonly count: number;
  /** Index in Lines. */
  readonly line: Uint32Array;
  /** 1 for a failure; steps of the protocol and everyday answers (such as "no such file") are not failures. */
  readonly failed: Uint8Array;
  /** 0 for a request that may block indefinitely: its latency says nothing about the server. */
  readonly timed: Uint8Array;
}

export interface ReplyFigures {
  readonly requests: number;
  readonly errors: number;
  /** Undefined if no request has a meaningful latency. */
  readonly p50Ns: number | undefined;
  readonly p99Ns: number | undefined;
  readonly maxNs: number | undefined;
}

/** A latency and an index in one double: 2^37 units of 64 ns, 2.4 h, and 2^16 indices. */
const UNIT_NS = 64;
const INDICES = 2 ** 16;
const UNITS_MAX = 2 ** 37 - 1;

/**
 * The replies since `fromNs`, ns of CLOCK_MONOTONIC.
 * @param mayBlock by index in Lines: 1 for a request that may block indefinitely.
 */
export function findReplies(lines: Lines, mayBlock: Uint8Array, fromNs: number): Replies {
  const keys = new Float64Array(lines.count);
  let count = 0;
  for (let i = 0; i < lines.count; i++) {
    const latencyNs = lines.latencyNs[i] as number;
    if (latencyNs === 0 || (lines.startNs[i] as number) + latencyNs < fromNs) continue;
    if (!isTrustedReply(lines.flags[i] as number)) continue;
    keys[count++] = Math.min(Math.floor(latencyNs / UNIT_NS), UNITS_MAX) * INDICES + i;
  }
  const sorted = keys.subarray(0, count).sort();
  const replies = {
    count,
    line: new Uint32Array(count),
    failed: new Uint8Array(count),
    timed: new Uint8Array(count),
  };
  const isFailure = makeIsFailure();
  for (let at = 0; at < count; at++) {
    const i = (sorted[at] as number) % INDICES;
    const command = lines.command[i] as number;
    replies.line[at] = i;
    replies.timed[at] = mayBlock[i] === 1 ? 0 : 1;
    if (((lines.flags[i] as number) & FLAG.ERRORED) !== 0)
      replies.failed[at] = isFailure(command, lines.ntStatus[i] as number) ? 1 : 0;
  }
  return replies;
}

/**
 * The figures of each group.
 * @param groupOf by index in `replies`: the group of a reply, or -1 for none.
 * @param all whether requests that may block indefinitely are timed, too.
 */
export function figuresBy(
  lines: Lines,
  replies: Replies,
  groupOf: Int32Array,
  groups: number,
  all = false,
): readonly ReplyFigures[] {
  const requests = new Uint32Array(groups);
  const errors = new Uint32Array(groups);
  const timed = new Uint32Array(groups);
  for (let at = 0; at < replies.count; at++) {
    const group = groupOf[at] as number;
    if (group < 0) continue;
    requests[group] = (requests[group] as number) + 1;
    errors[group] = (errors[group] as number) + (replies.failed[at] as number);
    if (all || replies.timed[at] === 1) timed[group] = (timed[group] as number) + 1;
  }
  // Replies are sorted: the n-th of a group is its n-th quickest.
  const half = timed.map((count) => Math.ceil(count * 0.5));
  const most = timed.map((count) => Math.ceil(count * 0.99));
  const met = new Uint32Array(groups);
  const [p50, p99, max] = [new Float64Array(groups), new Float64Array(groups), new Float64Array(groups)];
  for (let at = 0; at < replies.count; at++) {
    const group = groupOf[at] as number;
    if (group < 0 || !(all || replies.timed[at] === 1)) continue;
    const latencyNs = lines.latencyNs[replies.line[at] as number] as number;
    const rank = (met[group] as number) + 1;
    met[group] = rank;
    if (rank === half[group]) p50[group] = latencyNs;
    if (rank === most[group]) p99[group] = latencyNs;
    if (latencyNs > (max[group] as number)) max[group] = latencyNs;
  }
  return Array.from(requests, (count, group) => ({
    requests: count,
    errors: errors[group] ?? 0,
    p50Ns: timed[group] === 0 ? undefined : p50[group],
    p99Ns: timed[group] === 0 ? undefined : p99[group],
    maxNs: timed[group] === 0 ? undefined : max[group],
  }));
}

/** Makes a memoized classifier: few pairs of command and status occur, and classifying each takes a search. */
export function makeIsFailure(): (command: number, ntStatus: number) => boolean {
  const known = new Map<number, boolean>();
  return (command, ntStatus) => {
    const key = command * 2 ** 32 + ntStatus;
    const before = known.get(key);
    if (before !== undefined) return before;
    const isFailure = classifyStatus(command, ntStatus) === "failure";
    known.set(key, isFailure);
    return isFailure;
  };
}
