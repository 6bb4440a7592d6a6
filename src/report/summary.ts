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
  const rows = [...new Array(table.count).keys()];
  const inScope = scopeOf(table, facts.share);
  const scoped = inScope === undefined ? rows : rows.filter((row) => inScope.has(table.share[row] ?? 0));
  const { before = [], during = [] } = Object.groupBy(scoped, (row) => (isDuring(row) ? "during" : "before"));
  return {
    beganUs,
    trippedUs,
    frozenUs,
    completeSinceUs: toUs(facts.recorder.complete_since, Number.NaN),
    scope: inScope === undefined ? undefined : (facts.share ?? undefined),
    before: latenciesOf(table, before),
    during: latenciesOf(table, during),
    commands: byCommand(table, before, during),
    waiters: waitersOf(table, rows.filter(isDuring)),
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
  const known = rows.filter((row) => !Number.isNaN(latencyNs[row] ?? Number.NaN));
  return {
    sortedNs: Float64Array.from(known, (row) => latencyNs[row] ?? 0).sort(),
    errors: rows.reduce((sum, row) => sum + (state[row] === ERROR ? 1 : 0), 0),
    inFlight: rows.reduce((sum, row) => sum + (state[row] === IN_FLIGHT ? 1 : 0), 0),
  };
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
  const groups = Map.groupBy(rows, (row) => {
    const { pid, comm } = senderOf(table, row);
    return JSON.stringify([pid, comm, table.share[row]]);
  });
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

/** By when it was sent and its message id, which is what a request is known by. */
function evidenceRows(table: RequestTable, { evidence }: Facts): readonly number[] {
  const key = (epochUs: number, messageId: number) => `${Math.round(epochUs / 2)} ${messageId}`;
  const wanted = new Set(
    evidence.flatMap(({ time_utc, message_id }) => {
      const us = parseUtcUs(time_utc);
      // Times are cut to µs on one side and worked out on the other.
      return [us - 1, us + 1].map((near) => key(near, Number(message_id)));
    }),
  );
  const rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const epochUs = table.firstEpochUs + (table.sentUs[row] ?? 0);
    if (wanted.size > 0 && wanted.has(key(epochUs, table.messageId[row] ?? 0))) rows.push(row);
  }
  return rows;
}
