// What the requests of a capture say together: before the incident and during it, by command, by who waited. In: the table and
// the facts; out: figures. Pure.
//
//       before                │             during
//   ──────────────────────────┼──────────────────────────────────▶ time
//                             │ when the first request in evidence was sent; without one, when the rule tripped
//
// A request is of `during` if it ended behind that moment, or has not ended.

import type { Facts } from "./facts.ts";
import { parseUtcUs, type RequestTable, type Sender, STATES } from "./request-table.ts";

export interface Latencies {
  /** Sorted, ns; of requests whose latency is known, those in flight with their age. */
  readonly sortedNs: Float64Array;
  readonly errors: number;
  readonly inFlight: number;
}

export interface CommandSummary {
  readonly command: string;
  readonly before: Latencies;
  readonly during: Latencies;
}

/** Who waited for what, of the requests of `during`. */
export interface Waiter {
  readonly name: string;
  readonly pid: number;
  readonly share: string;
  readonly requests: number;
  readonly errors: number;
  readonly inFlight: number;
  readonly waitedNs: number;
  readonly worstNs: number;
}

export interface Summary {
  /** µs after the table's first request: when the incident began, when its rule tripped, when all was frozen. */
  readonly beganUs: number;
  readonly trippedUs: number;
  readonly frozenUs: number;
  /** From when on no request is missing; before 0 where that is all of them, NaN where it is not known. */
  readonly completeSinceUs: number;
  /** Of the incident's share alone, or of its server's shares; undefined: of all, for nothing narrower is known. */
  readonly scope: string | undefined;
  readonly before: Latencies;
  readonly during: Latencies;
  /** Of the same. Most requests first. */
  readonly commands: readonly CommandSummary[];
  /** Who waited longest first. */
  readonly waiters: readonly Waiter[];
  /** Rows of the table, slowest first. */
  readonly worst: readonly number[];
  /** Rows of the table that are evidence. */
  readonly evidence: readonly number[];
}

export const ERROR = STATES.indexOf("error");
export const IN_FLIGHT = STATES.indexOf("in_flight");
/** More are on the plot, and in its table. */
const WORST_MAX = 20;

export function summarize(table: RequestTable, facts: Facts): Summary {
  const lastUs = table.sentUs[table.count - 1] ?? 0;
  const toUs = (text: string, otherwise: number) => {
    const us = parseUtcUs(text) - table.firstEpochUs;
    return Number.isFinite(us) ? us : otherwise;
  };
  const frozenUs = Math.max(lastUs, toUs(facts.frozen_at, lastUs));
  const trippedUs = Math.min(frozenUs, toUs(facts.triggered_at, frozenUs));
  const beganUs = Math.min(trippedUs, ...facts.evidence.map(({ time_utc }) => toUs(time_utc, Infinity)));
  const isDuring = (row: number) => {
    const endUs = (table.sentUs[row] ?? 0) + (table.latencyNs[row] ?? Number.NaN) / 1000;
    return table.state[row] === IN_FLIGHT || !(endUs < beganUs);
  };
  const inScope = scopeOf(table, facts.share);
  const before: number[] = [];
  const during: number[] = [];
  const allDuring: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const isLate = isDuring(row);
    if (isLate) allDuring.push(row);
    if (inScope === undefined || inScope.has(table.share[row] ?? 0)) (isLate ? during : before).push(row);
  }
  return {
    beganUs,
    trippedUs,
    frozenUs,
    completeSinceUs: toUs(facts.recorder.complete_since, Number.NaN),
    scope: inScope === undefined ? undefined : (facts.share ?? undefined),
    before: latenciesOf(table, before),
    during: latenciesOf(table, during),
    commands: byCommand(table, before, during),
    waiters: waitersOf(table, allDuring),
    worst: worstOf(table, WORST_MAX),
    evidence: evidenceRows(table, facts),
  };
}

/** @param share 0 to 1. NaN of nothing. */
export function quantile({ sortedNs }: Pick<Latencies, "sortedNs">, share: number): number {
  return sortedNs[Math.min(sortedNs.length - 1, Math.floor(share * sortedNs.length))] ?? Number.NaN;
}

/** Rows of the slowest requests, slowest first. */
export function worstOf({ latencyNs, count }: RequestTable, most: number): readonly number[] {
  const sorted = latencyNs.filter((ns) => ns > 0).sort();
  const least = sorted.at(-Math.min(most, sorted.length)) ?? Infinity;
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if ((latencyNs[row] ?? Number.NaN) >= least) rows.push(row);
  return rows.sort((a, b) => (latencyNs[b] ?? 0) - (latencyNs[a] ?? 0)).slice(0, most);
}

export function senderOf(table: RequestTable, row: number): Sender {
  return table.senders[table.sender[row] ?? 0] ?? { pid: 0, tid: 0, comm: "" };
}

// --- internal ---

/** Indices of the shares that an incident is about: `//server` is about all of the server's. */
function scopeOf({ shares }: RequestTable, share: string | null): ReadonlySet<number> | undefined {
  if (share === null || !share.startsWith("//")) return undefined;
  const isMeant = (name: string) => name === share || name.startsWith(`${share}/`);
  const indices = [...shares.keys()].filter((index) => isMeant(shares[index] ?? ""));
  return indices.length === 0 || indices.length === shares.length ? undefined : new Set(indices);
}

function latenciesOf({ latencyNs, state }: RequestTable, rows: readonly number[]): Latencies {
  const sortedNs = new Float64Array(rows.length);
  let known = 0;
  let errors = 0;
  let inFlight = 0;
  for (const row of rows) {
    const ns = latencyNs[row] ?? Number.NaN;
    if (!Number.isNaN(ns)) sortedNs[known++] = ns;
    if (state[row] === ERROR) errors++;
    else if (state[row] === IN_FLIGHT) inFlight++;
  }
  return { sortedNs: sortedNs.subarray(0, known).sort(), errors, inFlight };
}

function byCommand(
  table: RequestTable,
  before: readonly number[],
  during: readonly number[],
): readonly CommandSummary[] {
  const groups = [before, during].map((rows) => Map.groupBy(rows, (row) => table.command[row] ?? 0));
  const total = (index: number) => groups.reduce((sum, group) => sum + (group.get(index)?.length ?? 0), 0);
  return [...table.commands.keys()]
    .sort((a, b) => total(b) - total(a))
    .map((index) => ({
      command: table.commands[index] ?? "",
      before: latenciesOf(table, groups[0]?.get(index) ?? []),
      during: latenciesOf(table, groups[1]?.get(index) ?? []),
    }));
}

function waitersOf(table: RequestTable, rows: readonly number[]): readonly Waiter[] {
  // Of a process and a share; its threads are told apart in the table, not here.
  const known = new Map<string, number>();
  const processes = table.senders.map(({ pid, comm }, index) => {
    const key = `${pid} ${comm}`;
    known.set(key, known.get(key) ?? index);
    return known.get(key) ?? index;
  });
  const groups = Map.groupBy(
    rows,
    (row) => (processes[table.sender[row] ?? 0] ?? 0) * table.shares.length + (table.share[row] ?? 0),
  );
  const waiters = [...groups.values()].map((group): Waiter => {
    const first = group[0] ?? 0;
    const { pid, comm } = senderOf(table, first);
    const { sortedNs, errors, inFlight } = latenciesOf(table, group);
    return {
      name: comm,
      pid,
      share: table.shares[table.share[first] ?? 0] ?? "",
      requests: group.length,
      errors,
      inFlight,
      waitedNs: sortedNs.reduce((sum, ns) => sum + ns, 0),
      worstNs: sortedNs.at(-1) ?? Number.NaN,
    };
  });
  return waiters.sort((a, b) => b.waitedNs - a.waitedNs);
}

/** By its message id and when it was sent, which is what a request is known by. */
function evidenceRows(table: RequestTable, { evidence }: Facts): readonly number[] {
  const wanted = new Map<number, number[]>();
  for (const { time_utc, message_id } of evidence) {
    const id = Number(message_id);
    wanted.set(id, [...(wanted.get(id) ?? []), parseUtcUs(time_utc) - table.firstEpochUs]);
  }
  const rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const times = wanted.get(table.messageId[row] ?? 0);
    // Times are cut to µs on one side and worked out on the other.
    if (times?.some((us) => Math.abs(us - (table.sentUs[row] ?? 0)) <= 2)) rows.push(row);
  }
  return rows;
}
