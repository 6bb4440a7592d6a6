// Which lines of the table are replies of the last minutes, and what they come to. In: lines, and a group for each reply; out:
// how many, how many failed, how long half and 99 % took, group by group. Pure; one sort for all groups.

import { classifyStatus } from "../model/nt-status.ts";
import { FLAG } from "../model/request.gen.ts";
import { isTrustedReply } from "../model/request.ts";
import type { Lines } from "../table/columns.ts";

/** Replies, the quickest first. All arrays have `count` places. */
export interface Replies {
  readonly count: number;
  /** Place in Lines. */
  readonly line: Uint32Array;
  /** 1 for a failure: no step of the protocol, and no answer that programs ask for all day. */
  readonly failed: Uint8Array;
  /** 0 for what may wait by design, whose time says nothing of the server. */
  readonly timed: Uint8Array;
}

export interface ReplyFigures {
  readonly requests: number;
  readonly errors: number;
  /** Undefined where no request has a time that says something. */
  readonly p50Ns: number | undefined;
  readonly p99Ns: number | undefined;
  readonly maxNs: number | undefined;
}

/** A latency and a place in one double: 2^37 units of 64 ns, 2.4 h, and 2^16 places. */
const UNIT_NS = 64;
const PLACES = 2 ** 16;
const UNITS_MAX = 2 ** 37 - 1;

/**
 * Replies that came after `fromNs`, ns of CLOCK_MONOTONIC.
 * @param mayBlock by place in Lines: 1 for what may wait by design.
 */
export function findReplies(lines: Lines, mayBlock: Uint8Array, fromNs: number): Replies {
  const keys = new Float64Array(lines.count);
  let count = 0;
  for (let i = 0; i < lines.count; i++) {
    const latencyNs = lines.latencyNs[i] as number;
    if (latencyNs === 0 || (lines.startNs[i] as number) + latencyNs < fromNs) continue;
    if (!isTrustedReply(lines.flags[i] as number)) continue;
    keys[count++] = Math.min(Math.floor(latencyNs / UNIT_NS), UNITS_MAX) * PLACES + i;
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
    const i = (sorted[at] as number) % PLACES;
    const command = lines.command[i] as number;
    replies.line[at] = i;
    replies.timed[at] = mayBlock[i] === 1 ? 0 : 1;
    if (((lines.flags[i] as number) & FLAG.ERRORED) !== 0)
      replies.failed[at] = isFailure(command, lines.ntStatus[i] as number) ? 1 : 0;
  }
  return replies;
}

/**
 * What each group comes to.
 * @param groupOf the group of a reply by its place in `replies`, or -1 for none.
 * @param all also times those that may wait by design.
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
  // The quickest first: the n-th that is met is the n-th quickest.
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

/** Few pairs of command and status come up, and each is looked up in a table of rules. */
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
