// The steps in the life of one incident: open, add an anomaly, recover, resolve. Each step returns a new incident.
// Pure; incidents.ts decides which step is due.

import { type Anomaly, type Recovery, SEVERITY } from "../model/anomaly.ts";
import type { Attribution } from "../model/attribution.ts";
import type { ClockPair } from "../model/capture.ts";
import { familyOf } from "../model/family.ts";
import {
  CAPTURES_MAX,
  type Hung,
  type Incident,
  type OngoingHang,
  RULES_MAX,
  SHARES_MAX,
  SIGNALS_MAX,
} from "../model/incident.ts";
import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { addStatuses } from "../model/status-count.ts";
import type { Verdict } from "../model/verdict.ts";
import type { IncidentParts, PartStanding } from "./incident-parts.ts";

/** An empty incident; `withAnomaly` adds the anomaly. */
export function openIncident(id: string, server: string, anomaly: Anomaly, now: ClockPair): Incident {
  const { rule, ruleType, share, kind } = anomaly;
  return {
    id,
    server,
    family: familyOf(anomaly),
    rule,
    ruleType,
    share,
    rules: [],
    shares: [],
    state: "open",
    kind,
    openedAtMs: now.epochMs,
    lastAtMs: now.epochMs,
    resolvedAtMs: undefined,
    count: 0,
    worstNs: 0,
    worst: undefined,
    attribution: undefined,
    signals: [],
    statuses: [],
    standing: undefined,
    hung: undefined,
    captures: [],
    verdict: undefined,
    suppressed: 0,
  };
}

/** The sums over all rules and shares, this anomaly included. */
export type PartSums = Pick<IncidentParts, "count" | "standing" | "hungCount">;

export function withAnomaly(before: Incident, anomaly: Anomaly, sums: PartSums, now: ClockPair): Incident {
  const { standing } = sums;
  return {
    ...before,
    kind: SEVERITY[anomaly.kind] > SEVERITY[before.kind] ? anomaly.kind : before.kind,
    rules: withName(before.rules, anomaly.rule, RULES_MAX),
    shares: withName(before.shares, anomaly.share, SHARES_MAX),
    lastAtMs: now.epochMs,
    count: sums.count,
    worstNs: Math.max(before.worstNs, anomaly.worstNs),
    worst: anomaly.worstNs > before.worstNs ? (worstOf(anomaly) ?? before.worst) : before.worst,
    signals: withSignals(before.signals, anomaly.evidence),
    statuses: addStatuses(before.statuses, anomaly.statuses),
    standing: standing && ongoingHang(standing, now),
    hung:
      standing === undefined
        ? before.hung
        : hungWith(before.hung, sums.hungCount, anomaly.detectedNs - standing.oldestStartNs),
  };
}

export function withRecovery(before: Incident, recovery: Recovery, sums: PartSums, now: ClockPair): Incident {
  return {
    ...before,
    lastAtMs: now.epochMs,
    count: sums.count,
    worstNs: Math.max(before.worstNs, recovery.longestNs),
    standing: sums.standing && ongoingHang(sums.standing, now),
    hung: hungWith(before.hung, sums.hungCount, recovery.longestNs),
  };
}

export function withStanding(before: Incident, standing: PartStanding | undefined, now: ClockPair): Incident {
  return { ...before, standing: standing && ongoingHang(standing, now) };
}

/** If the incident has several shares, the attribution has the paths and connections of all of them. */
export function withAttribution(before: Incident, attribution: Attribution): Incident {
  const earlier = before.attribution;
  if (earlier === undefined || before.shares.length < 2) return { ...before, attribution };
  const { connectionIds, dfsPaths, mountPoints } = attribution;
  return {
    ...before,
    attribution: {
      ...attribution,
      connectionIds: union(earlier.connectionIds, connectionIds).toSorted((a, b) => a - b),
      dfsPaths: union(earlier.dfsPaths, dfsPaths),
      mountPoints: union(earlier.mountPoints, mountPoints),
    },
  };
}

/** A later verdict `unknown` does not replace an earlier cause. */
export function withCapture(before: Incident, name: string, verdict: Verdict): Incident {
  const isNews = verdict.cause !== "unknown" || before.verdict === undefined;
  return {
    ...before,
    captures: [...before.captures, name].slice(-CAPTURES_MAX),
    verdict: isNews ? verdict : before.verdict,
  };
}

export function resolved(before: Incident, now: ClockPair): Incident {
  return { ...before, standing: undefined, state: "resolved", resolvedAtMs: now.epochMs };
}

/** Whether the count, the number of hanging requests or their age has at least doubled. */
export function hasGrown(before: Incident, after: Incident): boolean {
  const isTwice = (was = 0, is = 0) => is > 0 && is >= 2 * was;
  return (
    isTwice(before.count, after.count) ||
    isTwice(before.standing?.count, after.standing?.count) ||
    isTwice(ageAtLastMs(before), ageAtLastMs(after))
  );
}

/** How long the oldest had hung at the last report of the incident, ms; undefined if nothing hangs. */
function ageAtLastMs({ standing, lastAtMs }: Incident): number | undefined {
  return standing && Math.max(0, lastAtMs - standing.startedAtMs);
}

function ongoingHang({ count, oldestStartNs }: PartStanding, now: ClockPair): OngoingHang {
  const ageNs = Math.max(0, now.monotonicNs - oldestStartNs);
  return { count, startedNs: oldestStartNs, startedAtMs: now.epochMs - ageNs / 1e6 };
}

/** The first names are never replaced: readers know them. */
function withName(names: readonly string[], name: string, max: number): readonly string[] {
  return names.length >= max || names.includes(name) ? names : [...names, name];
}

/** Most paths that an incident names. */
const PATHS_MAX = 64;

function union<Value>(a: readonly Value[], b: readonly Value[]): readonly Value[] {
  return [...new Set([...a, ...b])].slice(0, PATHS_MAX);
}

/** A later signal replaces the earlier one of its kind. */
function withSignals(before: readonly Request[], evidence: readonly Request[]): readonly Request[] {
  const signals = evidence.filter(({ kind }) => kind === KIND.SIGNAL);
  if (signals.length === 0) return before;
  const byKind = new Map([...before, ...signals].map((one) => [`${one.command} ${one.errno}`, one]));
  return [...byKind.values()].slice(-SIGNALS_MAX);
}

function hungWith(before: Hung | undefined, count: number, longestNs: number): Hung {
  return {
    count: Math.max(before?.count ?? 0, count),
    longestNs: Math.max(before?.longestNs ?? 0, longestNs),
  };
}

/** The request of an anomaly that took longest, or had waited longest when it was detected. */
function worstOf({ evidence, detectedNs }: Anomaly): Request | undefined {
  const tookNs = ({ startNs, latencyNs }: Request) => latencyNs || detectedNs - Number(startNs);
  return evidence.reduce<Request | undefined>(
    (worst, request) => (worst === undefined || tookNs(request) > tookNs(worst) ? request : worst),
    undefined,
  );
}
