// Traffic for the pure detector: replies by arrival process and distribution of latencies. It also plays the kernel's
// part: it counts all replies and puts on the ring only those that some rule may count. Nothing is in flight when the
// detector scans the table.

import { planFilters } from "../../src/kernel/filters.ts";
import { COMMAND, COMMANDS, type CommandName } from "../../src/model/command.ts";
import { FLAG, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import type { Rule } from "../../src/model/rule.ts";
import type { Random } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { type ReportedAnomaly, Stage } from "./stage.ts";

const BEGIN_MS = 10_000;

export interface Reply {
  /** When it arrives, ms since the traffic began. */
  readonly atMs: number;
  readonly latencyMs: number;
  readonly command?: CommandName;
  readonly errno?: number;
  readonly ntStatus?: number;
}

export interface Played {
  /** `rule kind` in the order of the reports, without repetitions. */
  readonly trips: readonly string[];
  /** When the first anomaly was reported, ms since the traffic began; Infinity if there was none. */
  readonly firstMs: number;
  readonly stage: Stage;
}

/** Plays replies in the order of their time. */
export function play(rules: readonly Rule[], replies: Iterable<Reply>): Played {
  const counted = COMMANDS.map(() => 0);
  const repliesTo = (_: string, commands: readonly boolean[]) =>
    counted.reduce((sum, count, command) => sum + (commands[command] ? count : 0), 0);
  const stage = new Stage(rules, BEGIN_MS, { repliesTo, tableBytes: REQUEST_BYTES * 8 });
  const filters = planFilters(rules).commands;
  for (const { atMs, latencyMs, command: name = "SMB2_READ", errno = 0, ntStatus = 0 } of replies) {
    const command = COMMAND[name];
    counted[command] = (counted[command] ?? 0) + 1;
    const isSlow = latencyMs * 1e6 >= (filters[command]?.slowNs ?? Infinity);
    if (!isSlow && errno === 0) continue;
    // Whole milliseconds, in which the stage's clock is exact.
    stage.advance(BEGIN_MS + Math.ceil(atMs));
    const flags = FLAG.REPLIED | (errno === 0 ? 0 : FLAG.ERRORED);
    const startMs = BEGIN_MS + atMs - latencyMs;
    stage.send(aRequest({ startMs, latencyMs, command, flags, errno, ntStatus }));
  }
  stage.round();
  stage.collect(stage.detector.takeAll(stage.nowMs * 1e6));
  const trips = [...new Set(stage.anomalies.map(({ rule, kind }: ReportedAnomaly) => `${rule} ${kind}`))];
  const firstMs = Math.min(Infinity, ...stage.anomalies.map(({ atMs }) => atMs - BEGIN_MS));
  return { trips, firstMs, stage };
}

/** One process that waits for each reply, then works for a while. */
export function* serial(
  forMs: number,
  latencyMs: () => number,
  { pauseMs = () => 0, command = () => "SMB2_READ" }: Partial<Pace> = {},
): Generator<Reply> {
  for (let atMs = 0; ; ) {
    const latency = latencyMs();
    atMs += pauseMs() + latency;
    if (atMs > forMs) return;
    yield { atMs, latencyMs: latency, command: command() };
  }
}

interface Pace {
  readonly pauseMs: () => number;
  readonly command: () => CommandName;
}

/** Requests of many processes, at random times. */
export function parallel(
  forMs: number,
  perSec: number,
  latencyMs: () => number,
  random: Random,
): readonly Reply[] {
  const replies: Reply[] = [];
  for (let sentMs = 0; sentMs < forMs; sentMs += (-Math.log(uniform(random)) / perSec) * 1000) {
    const latency = latencyMs();
    replies.push({ atMs: sentMs + latency, latencyMs: latency });
  }
  return replies.toSorted((a, b) => a.atMs - b.atMs);
}

/** Latencies around a median, with a long tail. */
export function logNormal(random: Random, p50Ms: number, p99Ms: number): () => number {
  const sigma = Math.log(p99Ms / p50Ms) / 2.326;
  return () => p50Ms * Math.exp(sigma * normal(random));
}

/** A random number over 0, up to 1. */
function uniform(random: Random): number {
  return random.int(1, 1e9) / 1e9;
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}
