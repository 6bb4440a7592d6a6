// Figures of a capture's requests: before the incident and during it, by command, and by affected process. Pure.
//
//       before                │             during
//   ──────────────────────────┼──────────────────────────────────▶ time
//                             │ when the first request in evidence was sent; without one, when the rule tripped
//
// A request is in `during` if it ended after that moment or has not ended. A request that was sent before it and whose
// latency is not known is in neither group. If no rule tripped, there is no such moment, and all requests are one
// group. row-marks.ts defines which requests have a latency, may block indefinitely, or are failures.

import { isShareOf } from "../model/share.ts";
import type { ManifestFacts } from "./manifest-facts.ts";
import { parseUtcUs, type RequestTable, type Sender } from "./request-table.ts";
import { markRows, type RowMarks } from "./row-marks.ts";
import { IN_FLIGHT } from "./state.ts";

export interface Latencies {
  /** Ascending, ns; the age of requests in flight. */
  readonly sortedNs: Float64Array;
  readonly errors: number;
  readonly inFlight: number;
}

export interface CommandSummary {
  readonly command: string;
  readonly before: Latencies;
  readonly during: Latencies;
}

/** How long a process waited for a share, by the requests of `during`. */
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
  /** Whether a rule tripped, so that there is a `before`; otherwise `during` has all requests. */
  readonly isSplit: boolean;
  /** When the incident began, µs after the table's first request; NaN: not known. */
  readonly beganUs: number;
  /** When the rule tripped or the capture was requested, likewise. */
  readonly trippedUs: number;
  /** When the table was frozen, likewise; if that is not known, when the last request was sent. */
  readonly frozenUs: number;
  /** From when on no request is missing, likewise; 0 or less if none is missing at all, NaN if not known. */
  readonly completeSinceUs: number;
  /** The share (or `//server`) that the figures cover; undefined means all shares. */
  readonly scope: string | undefined;
  readonly before: Latencies;
  readonly during: Latencies;
  /** Requests of the scope that may belong to either group. */
  readonly unplaced: number;
  /** Requests of the scope that may block indefinitely; their times count only in `commands`. */
  readonly mayBlock: number;
  /** Figures of the scope by command, including requests that may block indefinitely. Most requests first. */
  readonly commands: readonly CommandSummary[];
  /** Longest wait first. */
  readonly waiters: readonly Waiter[];
  /** Rows of the table, slowest first. */
  readonly worst: readonly number[];
  /** Rows of the table that are evidence. */
  readonly evidence: readonly number[];
  /** 1 for each row of the table that is a failure; see row-marks.ts. */
  readonly failed: Uint8Array;
}

/** The plot and its table show further ones. */
const WORST_MAX = 20;

export function summarize(table: RequestTable, facts: ManifestFacts): Summary {
  const lastUs = table.sentUs[table.count - 1] ?? 0;
  const toUs = makeToUs(table, facts);
  const isKnown = (us: number) => Number.isFinite(us);
  const frozenUs = Math.max(lastUs, ...[toUs(facts.frozen_at)].filter(isKnown));
  const trippedUs = Math.min(frozenUs, toUs(facts.triggered_at));
  const moments = [trippedUs, ...facts.evidence.map(({ time_utc }) => toUs(time_utc))].filter(isKnown);
  const isSplit = facts.trigger !== "manual" && moments.length > 0;
  const beganUs = isSplit ? Math.min(...moments) : Number.NaN;
  const evidence = evidenceRows(table, facts);
  const marks = markRows(table, evidence);
  const inScope = scopeOf(table, facts.share);
  const groups = { before: [] as number[], during: [] as number[], unplaced: [] as number[] };
  const allDuring: number[] = [];
  let mayBlock = 0;
  for (let row = 0; row < table.count; row++) {
    const group = isSplit ? groupOf(table, row, beganUs) : "during";
    if (group === "during" && marks.mayBlock[row] === 0) allDuring.push(row);
    if (inScope !== undefined && !inScope.has(table.share[row] ?? 0)) continue;
    groups[group].push(row);
    mayBlock += marks.mayBlock[row] as number;
  }
  const { before, during } = groups;
  return {
    isSplit,
    beganUs,
    trippedUs,
    frozenUs,
    completeSinceUs: toUs(facts.recorder.complete_since),
    scope: inScope === undefined ? undefined : (facts.share ?? undefined),
    before: latenciesOf(table, marks, before),
    during: latenciesOf(table, marks, during),
    unplaced: groups.unplaced.length,
    mayBlock,
    commands: byCommand(table, marks, before, during),
    waiters: waitersOf(table, marks, allDuring),
    worst: worstOf(table, WORST_MAX, (row) => marks.timed[row] === 1 && marks.mayBlock[row] === 0),
    evidence,
    failed: marks.failed,
  };
}

/** A quantile; NaN without latencies. @param share 0 to 1. */
export function quantile({ sortedNs }: Pick<Latencies, "sortedNs">, share: number): number {
  return sortedNs[Math.max(0, Math.ceil(share * sortedNs.length) - 1)] ?? Number.NaN;
}

/** Rows of the slowest requests for which `isWanted` is true, slowest first. */
export function worstOf(
  { latencyNs }: RequestTable,
  most: number,
  isWanted: (row: number) => boolean = () => true,
): readonly number[] {
  const timesNs = latencyNs.map((ns, row) => (ns > 0 && isWanted(row) ? ns : Number.NaN));
  const sorted = timesNs.filter((ns) => ns > 0).sort();
  const least = sorted.at(-Math.min(most, sorted.length)) ?? Infinity;
  const rows: number[] = [];
  timesNs.forEach((ns, row) => {
    if (ns >= least) rows.push(row);
  });
  return rows.sort((a, b) => (latencyNs[b] ?? 0) - (latencyNs[a] ?? 0)).slice(0, most);
}

export function senderOf(table: RequestTable, row: number): Sender {
  return table.senders[table.sender[row] ?? 0] ?? { pid: 0, tid: 0, comm: "" };
}

// --- internal ---

/**
 * Converts a time of the manifest to µs after the table's first request; for an empty table, after the trigger. NaN:
 * not known.
 */
function makeToUs({ firstEpochUs }: RequestTable, facts: ManifestFacts): (text: string) => number {
  const zeroUs = Number.isNaN(firstEpochUs) ? parseUtcUs(facts.triggered_at) : firstEpochUs;
  return (text) => parseUtcUs(text) - zeroUs;
}

function groupOf({ state, sentUs, latencyNs }: RequestTable, row: number, beganUs: number) {
  const sent = sentUs[row] as number;
  const endUs = sent + (latencyNs[row] as number) / 1000;
  if (state[row] === IN_FLIGHT || sent >= beganUs || endUs >= beganUs) return "during";
  return Number.isNaN(endUs) ? "unplaced" : "before";
}

/** Indices of the shares that an incident concerns: `//server` concerns all shares of the server. */
function scopeOf({ shares }: RequestTable, share: string | null): ReadonlySet<number> | undefined {
  if (share === null || !share.startsWith("//")) return undefined;
  const isMeant = (name: string) => name === share || isShareOf(name, share);
  const indices = [...shares.keys()].filter((index) => isMeant(shares[index] ?? ""));
  return indices.length === 0 || indices.length === shares.length ? undefined : new Set(indices);
}

/** @param all whether the times of requests that may block indefinitely count too. */
function latenciesOf(
  { latencyNs, state }: RequestTable,
  { timed, mayBlock, failed }: RowMarks,
  rows: readonly number[],
  all = false,
): Latencies {
  const sortedNs = new Float64Array(rows.length);
  let known = 0;
  let errors = 0;
  let inFlight = 0;
  for (const row of rows) {
    errors += failed[row] as number;
    if (!all && mayBlock[row] === 1) continue;
    if (timed[row] === 1) sortedNs[known++] = latencyNs[row] as number;
    if (state[row] === IN_FLIGHT) inFlight++;
  }
  return { sortedNs: sortedNs.subarray(0, known).sort(), errors, inFlight };
}

function byCommand(
  table: RequestTable,
  marks: RowMarks,
  before: readonly number[],
  during: readonly number[],
): readonly CommandSummary[] {
  const [was, is] = [before, during].map((rows) => Map.groupBy(rows, (row) => table.command[row] ?? 0));
  const total = (index: number) => (was?.get(index)?.length ?? 0) + (is?.get(index)?.length ?? 0);
  return [...table.commands.keys()]
    .filter((index) => total(index) > 0)
    .sort((a, b) => total(b) - total(a))
    .map((index) => ({
      command: table.commands[index] ?? "",
      before: latenciesOf(table, marks, was?.get(index) ?? [], true),
      during: latenciesOf(table, marks, is?.get(index) ?? [], true),
    }));
}

function waitersOf(table: RequestTable, marks: RowMarks, rows: readonly number[]): readonly Waiter[] {
  // A waiter is a process and a share; only the table distinguishes its threads.
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
    const { sortedNs, errors, inFlight } = latenciesOf(table, marks, group);
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

/** Rows of the evidence: a request is identified by its message id and the time when it was sent. */
function evidenceRows(table: RequestTable, { evidence }: ManifestFacts): readonly number[] {
  const wanted = new Map<number, number[]>();
  for (const { time_utc, message_id } of evidence) {
    const id = Number(message_id);
    wanted.set(id, [...(wanted.get(id) ?? []), parseUtcUs(time_utc) - table.firstEpochUs]);
  }
  const rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const times = wanted.get(table.messageId[row] ?? 0);
    // The manifest cuts times to µs, the table computes them, so they may differ by rounding.
    if (times?.some((us) => Math.abs(us - (table.sentUs[row] ?? 0)) <= 2)) rows.push(row);
  }
  return rows;
}
