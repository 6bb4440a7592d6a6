// The steps of one incident's life: opened, added to, recovered, resolved, each a new incident. Pure; which step is due
// is decided by incidents.ts.

import { type Anomaly, type Recovery, SEVERITY } from "../model/anomaly.ts";
import type { Attribution } from "../model/attribution.ts";
import type { ClockPair } from "../model/capture.ts";
import { CAPTURES_MAX, type Hung, type Incident } from "../model/incident.ts";
import type { Request } from "../model/request.ts";
import type { Verdict } from "../model/verdict.ts";

/** An incident of nothing yet: the anomaly is still to be added. */
export function openIncident(id: string, { rule, ruleType, share, kind }: Anomaly, now: ClockPair): Incident {
  return {
    ...{ id, rule, ruleType, share, state: "open", kind },
    ...{ openedAtMs: now.epochMs, lastAtMs: now.epochMs, resolvedAtMs: undefined },
    ...{ count: 0, worstNs: 0, worst: undefined, attribution: undefined },
    ...{ standing: undefined, hung: undefined },
    ...{ captures: [], verdict: undefined, suppressed: 0 },
  };
}

export function withAnomaly(before: Incident, anomaly: Anomaly, now: ClockPair): Incident {
  const { standing } = anomaly;
  return {
    ...before,
    kind: SEVERITY[anomaly.kind] > SEVERITY[before.kind] ? anomaly.kind : before.kind,
    lastAtMs: now.epochMs,
    count: before.count + anomaly.count,
    worstNs: Math.max(before.worstNs, anomaly.worstNs),
    worst: anomaly.worstNs > before.worstNs ? (worstOf(anomaly) ?? before.worst) : before.worst,
    standing,
    hung: standing === undefined ? before.hung : hungWith(before.hung, standing.count, standing.oldestNs),
  };
}

export function withRecovery(before: Incident, recovery: Recovery, now: ClockPair): Incident {
  return {
    ...withoutStanding(before),
    lastAtMs: now.epochMs,
    count: before.count + recovery.unsaid,
    worstNs: Math.max(before.worstNs, recovery.longestNs),
    hung: hungWith(before.hung, recovery.count, recovery.longestNs),
  };
}

export function withoutStanding(before: Incident): Incident {
  return { ...before, standing: undefined };
}

export function withAttribution(before: Incident, attribution: Attribution): Incident {
  return { ...before, attribution };
}

/** A later capture that can't tell takes nothing back of what an earlier one could. */
export function withCapture(before: Incident, name: string, verdict: Verdict): Incident {
  const isNews = verdict.cause !== "unknown" || before.verdict === undefined;
  return {
    ...before,
    captures: [...before.captures, name].slice(-CAPTURES_MAX),
    verdict: isNews ? verdict : before.verdict,
  };
}

export function resolved(before: Incident, now: ClockPair): Incident {
  return { ...withoutStanding(before), state: "resolved", resolvedAtMs: now.epochMs };
}

/** What counted, what hangs or how long it has: something is at least twice what it was. */
export function hasGrown(before: Incident, after: Incident): boolean {
  const isTwice = (was = 0, is = 0) => is > 0 && is >= 2 * was;
  return (
    isTwice(before.count, after.count) ||
    isTwice(before.standing?.count, after.standing?.count) ||
    isTwice(before.standing?.oldestNs, after.standing?.oldestNs)
  );
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
