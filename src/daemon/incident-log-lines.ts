// The log lines of incident events. Pure. Text is lower case and says what happened; figures are values with their unit
// in the name. Names of shares come from servers: the log escapes them.

import type { Level, Values } from "../log.ts";
import type { Anomaly, AnomalyKind } from "../model/anomaly.ts";
import { hangAgeNs, type Incident } from "../model/incident.ts";
import { whatIs } from "../model/request.ts";
import { statusesText } from "../model/status-count.ts";
import type { EventOf } from "../supervisor/events.ts";

export interface LogLine {
  readonly level: Level;
  readonly text: string;
  readonly values?: Values;
}

const KIND_TEXT: Readonly<Record<AnomalyKind, string>> = {
  slow: "replies are slow",
  emergency: "a reply took far too long",
  hung: "no reply, or no way to send",
  error: "requests fail",
  signal: "the connection is in trouble",
};

/** The line of an incident event. */
export function incidentLineOf(
  event: EventOf<"opened" | "worsened" | "ongoing" | "recovered" | "resolved">,
): LogLine {
  switch (event.type) {
    case "opened":
      return lineOfAnomaly("incident opened", event);
    case "worsened":
      return lineOfAnomaly("incident worsened", event);
    case "ongoing":
      return ongoingLine(event);
    case "recovered":
      return recoveredLine(event);
    case "resolved":
      return resolvedLine(event.incident);
  }
}

/** ms, to three decimals. */
export function millisecondsText(ns: number): string {
  return (ns / 1e6).toFixed(3);
}

// --- internal ---

function lineOfAnomaly(what: string, event: EventOf<"opened" | "worsened">): LogLine {
  return { level: "warn", text: `${what}: ${kindText(event.anomaly)}`, values: incidentValues(event) };
}

function recoveredLine(event: EventOf<"recovered">): LogLine {
  const { incident, ended } = event;
  const values = {
    incident: incident.id,
    ...scopeValues(incident),
    hung: ended.count,
    abandoned: ended.abandoned,
    longest_ms: millisecondsText(ended.longestNs),
  };
  return { level: "info", text: "no request hangs any more", values };
}

function resolvedLine(incident: Incident): LogLine {
  const { id, count, worstNs, openedAtMs, resolvedAtMs, suppressed } = incident;
  // The clock may have been set back meanwhile.
  const lastedSec = Math.max(0, Math.round(((resolvedAtMs ?? openedAtMs) - openedAtMs) / 1000));
  const values = {
    incident: id,
    ...scopeValues(incident),
    lasted_sec: lastedSec,
    requests: count,
    worst_ms: millisecondsText(worstNs),
    suppressed,
  };
  return { level: "info", text: "incident resolved", values };
}

/** An emergency is one reply that trips a rule alone: by its latency, or by its status. */
function kindText({ kind, ruleType }: Anomaly): string {
  return kind === "emergency" && ruleType === "error" ? "an error that is enough by itself" : KIND_TEXT[kind];
}

function incidentValues({ incident, anomaly }: EventOf<"opened" | "worsened">): Values {
  const last = anomaly.evidence.at(-1);
  return {
    incident: incident.id,
    rule: anomaly.rule,
    share: anomaly.share,
    server: incident.server,
    requests: incident.count,
    worst_ms: anomaly.worstNs > 0 ? millisecondsText(anomaly.worstNs) : undefined,
    ...attributionValues(incident),
    command: (last && whatIs(last)) || undefined,
    status: statusesText(incident.statuses),
    pid: last?.processId,
    tid: last?.taskId,
    detected_after_ms: millisecondsText(anomaly.detectedNs - anomaly.occurredNs),
  };
}

/** The mounts, and the affected processes: the one that sent most, and the number of others. */
function attributionValues({ attribution }: Incident): Values {
  const [most, ...others] = attribution?.processes ?? [];
  return {
    possible_shares: attribution?.possibleShares.join(",") || undefined,
    dfs_paths: attribution?.dfsPaths.join(",") || undefined,
    mounted_at: attribution?.mountPoints.join(",") || undefined,
    process: most?.name,
    unit: most?.unit,
    container: most?.container,
    other_processes: others.length || undefined,
  };
}

function ongoingLine({ incident, anomaly, joined }: EventOf<"ongoing">): LogLine {
  const { standing } = incident;
  const values = {
    incident: incident.id,
    ...(joined
      ? { rule: anomaly.rule, share: anomaly.share, server: incident.server }
      : scopeValues(incident)),
    requests: incident.count,
    status: statusesText(incident.statuses),
    hanging: standing?.count,
    oldest_ms: standing && millisecondsText(hangAgeNs(standing, { epochMs: incident.lastAtMs })),
  };
  if (joined) return { level: "warn", text: `incident has another share: ${kindText(anomaly)}`, values };
  return {
    level: standing === undefined ? "info" : "warn",
    text: standing === undefined ? "incident still open" : "requests still hang",
    values,
  };
}

/** The first rule and share, how many others there are, and the server that they have in common. */
function scopeValues({ rule, rules, share, shares, server }: Incident): Values {
  return {
    rule,
    other_rules: rules.length - 1 || undefined,
    share,
    other_shares: shares.length - 1 || undefined,
    server,
  };
}
