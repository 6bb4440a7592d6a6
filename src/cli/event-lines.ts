// What the supervisor says, as log lines: one row for each event, pure. Text is lower case and says what happened;
// figures are values with their unit in the name.

import { HISTORY } from "../history/file.ts";
import type { Level, Values } from "../log.ts";
import type { Anomaly, AnomalyKind } from "../model/anomaly.ts";
import type { Incident } from "../model/incident.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import { whatIs } from "../model/request.ts";
import { SUPPRESSION_KEYS } from "../supervisor/budget.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";

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

/** One line for an event; undefined for what only machines want to know. */
export function lineOf(event: SupervisorEvent): LogLine | undefined {
  switch (event.type) {
    case "watching":
      return { level: "info", text: "ready", values: { rules: event.rules, output_dir: event.outputDir } };
    case "waiting":
      return {
        level: "info",
        text: "waiting for the kernel module cifs: it attaches when a share is mounted",
      };
    case "attached":
      return {
        level: "info",
        text: "watching every SMB request of the kernel's client",
        values: { missing_hooks: event.missing.map(({ tracepoint }) => tracepoint).join(",") || undefined },
      };
    case "released":
      return { level: "info", text: "no cifs mount is left: let the module go, and wait for the next mount" };
    case "opened":
      return {
        level: "warn",
        text: `incident opened: ${kindText(event.anomaly)}`,
        values: incidentValues(event),
      };
    case "worsened":
      return {
        level: "warn",
        text: `incident is worse: ${kindText(event.anomaly)}`,
        values: incidentValues(event),
      };
    case "ongoing":
      return {
        level: event.grown && event.anomaly.standing !== undefined ? "warn" : "info",
        text: event.anomaly.standing === undefined ? "incident goes on" : "still hangs",
        values: ongoingValues(event),
      };
    case "recovered": {
      const { incident, recovery } = event;
      const values = {
        incident: incident.id,
        rule: recovery.rule,
        share: recovery.share,
        hung: recovery.count,
        abandoned: recovery.abandoned,
        longest_ms: ms(recovery.longestNs),
      };
      return { level: "info", text: "nothing hangs any more", values };
    }
    case "resolved": {
      const { id, rule, share, count, worstNs, openedAtMs, resolvedAtMs, suppressed } = event.incident;
      // The clock may have been set back meanwhile.
      const lastedSec = Math.max(0, Math.round(((resolvedAtMs ?? openedAtMs) - openedAtMs) / 1000));
      const values = {
        incident: id,
        rule,
        share,
        lasted_sec: lastedSec,
        requests: count,
        worst_ms: ms(worstNs),
        suppressed,
      };
      return { level: "info", text: "incident resolved", values };
    }
    case "progress":
      return undefined;
    case "collecting":
      return {
        level: "debug",
        text: "collecting",
        values: { order: event.orderId, rule: event.rule, frozen_after_ms: event.frozenAfterMs.toFixed(3) },
      };
    case "collected": {
      const { name, bytes, durationMs, incidentId, actions, verdict, report } = event.capture;
      const notOk = [...actions, { name: "report", status: report.status }]
        .filter(({ status }) => status !== "ok" && status !== "off")
        .map(({ name, status }) => `${name}:${status}`);
      const values = {
        capture: name,
        incident: incidentId,
        bytes,
        took_ms: Math.round(durationMs),
        verdict: verdict.cause,
        confidence: verdict.confidence.toFixed(2),
        not_ok: notOk.join(",") || undefined,
      };
      return { level: "info", text: "captured", values };
    }
    case "suppressed": {
      const { cooldown, ...hourly } = event.counts;
      const causes = Object.keys(event.counts) as (keyof typeof event.counts)[];
      const keys = new Set(causes.flatMap((cause) => SUPPRESSION_KEYS[cause] ?? []));
      return {
        level: Object.keys(hourly).length > 0 ? "warn" : "info",
        text: "captures were held back",
        values: {
          cooldown,
          ...hourly,
          see: [...keys].join(",") || undefined,
        },
      };
    }
    case "dropped":
      return {
        level: "error",
        text: "capture dropped",
        values: {
          order: event.orderId,
          rule: event.rule,
          incident: event.incidentId,
          reason: event.reason,
        },
      };
    case "swept": {
      const values = { kept: event.keptCount, kept_bytes: event.keptBytes };
      const rotated = event.rotated ? HISTORY : undefined;
      const names = event.removals.map(({ name, reason }) => `${name}:${reason}`).join(",");
      const stuck = event.stuck.map(({ name, reason }) => `${name}:${reason}`).join(",");
      return {
        level: event.stuck.length > 0 || event.overBytes > 0 ? "warn" : "info",
        text:
          event.overBytes > 0
            ? "captures that are kept for ever exceed cleanup.max_total_log_size_mb by themselves"
            : "cleaned up",
        values: {
          ...{ removed: event.removals.length, names, stuck: stuck || undefined, rotated, ...values },
          over_bytes: event.overBytes || undefined,
        },
      };
    }
    case "dead":
      return {
        level: "debug",
        text: "closed requests that nobody waits for",
        values: { found: event.found, closed: event.closed },
      };
    case "lost":
      return {
        level: "warn",
        text: LOSS_CAUSES[event.cause] ?? "lost",
        values: { cause: event.cause, count: event.count },
      };
    case "configured": {
      const values = { rules: event.config.rules.length };
      return event.isStart ? undefined : { level: "info", text: "configuration applied", values };
    }
    case "notified":
      return notifiedLine(event);
    case "restarting": {
      const { thread, failure, delayMs } = event;
      const values = {
        thread,
        code: failure.code,
        failure: failure.message,
        in_ms: delayMs,
        causes: failure.causes.join(": ") || undefined,
      };
      return { level: "error", text: "thread failed and is started again", values };
    }
    case "fatal": {
      const { thread, failure } = event;
      const values = {
        thread,
        code: failure.code,
        failure: failure.message,
        causes: failure.causes.join(": ") || undefined,
      };
      return { level: "error", text: "can't go on", values };
    }
    case "stopping":
      return { level: "info", text: "stopping" };
    case "stopped": {
      const { entered, replied, ring_full } = event.losses;
      const values = {
        requests: entered,
        replies: replied,
        records: event.detector?.records,
        captures: event.runner?.captured,
      };
      return { level: "info", text: "stopped", values: { ...values, ring_full } };
    }
    default:
      event satisfies never;
  }
}

/** An emergency is one reply that is enough by itself: by its length, or by its status. */
function kindText({ kind, ruleType }: Anomaly): string {
  return kind === "emergency" && ruleType === "error" ? "an error that is enough by itself" : KIND_TEXT[kind];
}

function incidentValues({ incident, anomaly }: EventOf<"opened" | "worsened">): Values {
  const last = anomaly.evidence.at(-1);
  return {
    incident: incident.id,
    rule: anomaly.rule,
    share: anomaly.share,
    requests: incident.count,
    worst_ms: ms(anomaly.worstNs),
    ...whoseValues(incident),
    command: (last && whatIs(last)) || undefined,
    pid: last?.processId,
    tid: last?.taskId,
    detected_after_ms: ms(anomaly.detectedNs - anomaly.occurredNs),
  };
}

/** Where it is and who waits: whoever sent most, and how many others. */
function whoseValues({ attribution }: Incident): Values {
  const [most, ...others] = attribution?.processes ?? [];
  return {
    mounted_at: attribution?.mountPoints.join(",") || undefined,
    process: most?.name,
    unit: most?.unit,
    container: most?.container,
    other_processes: others.length || undefined,
  };
}

function ongoingValues({ incident, anomaly }: EventOf<"ongoing">): Values {
  const { standing } = anomaly;
  return {
    incident: incident.id,
    rule: incident.rule,
    share: incident.share,
    requests: incident.count,
    hanging: standing?.count,
    oldest_ms: standing && ms(standing.oldestNs),
  };
}

function notifiedLine({ notice, outcome }: EventOf<"notified">): LogLine {
  const isOk = outcome.status === "ok";
  return {
    level: isOk ? "debug" : "warn",
    text: isOk ? "notified" : "nobody was notified",
    values: {
      event: notice.event,
      incident: notice.incidentId,
      status: outcome.status,
      reason: outcome.reason,
      took_ms: outcome.durationMs,
    },
  };
}

function ms(ns: number): string {
  return (ns / 1e6).toFixed(3);
}
