// The log line of each event. Pure. Text is lower case and says what happened; figures are values with their unit in
// the name.

import { HISTORY } from "../history/file.ts";
import { LOSS_CAUSES } from "../model/losses.ts";
import { CLIENT_LISTS_TEXT } from "../model/readability.ts";
import { TROUBLE_TEXT } from "../model/trouble.ts";
import { SUPPRESSION_KEYS } from "../supervisor/budget.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";
import { incidentLineOf, type LogLine } from "./incident-log-lines.ts";

/** The line of an event; undefined for an event that is not logged. */
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
      return {
        level: "info",
        text: "no cifs mount left: detached from the module, waiting for the next mount",
      };
    case "opened":
    case "worsened":
    case "ongoing":
    case "recovered":
    case "resolved":
      return incidentLineOf(event);
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
    case "kernelLog": {
      const { signal, text: line } = event;
      return { level: "warn", text: "the kernel log reports trouble", values: { signal, line } };
    }
    case "clientLists": {
      const trouble = CLIENT_LISTS_TEXT[event.readability];
      return trouble === undefined
        ? { level: "info", text: "the SMB client's own lists can be read again" }
        : { level: "warn", text: trouble };
    }
    case "suppressed": {
      const { cooldown, ...hourly } = event.counts;
      const causes = Object.keys(event.counts) as (keyof typeof event.counts)[];
      const keys = new Set(causes.flatMap((cause) => SUPPRESSION_KEYS[cause] ?? []));
      return {
        level: Object.keys(hourly).length > 0 ? "warn" : "info",
        text: "captures suppressed",
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
      const values = { kept: event.storedCount, kept_bytes: event.storedBytes };
      const rotated = event.rotated ? HISTORY : undefined;
      const names = event.removals.map(({ name, reason }) => `${name}:${reason}`).join(",");
      const undeletable = event.undeletable.map(({ name, reason }) => `${name}:${reason}`).join(",");
      return {
        level: event.undeletable.length > 0 || event.overBytes > 0 ? "warn" : "info",
        text:
          event.overBytes > 0
            ? "pinned captures exceed cleanup.max_total_log_size_mb by themselves"
            : "cleaned up",
        values: {
          removed: event.removals.length,
          names,
          stuck: undeletable || undefined,
          rotated,
          ...values,
          over_bytes: event.overBytes || undefined,
        },
      };
    }
    case "trouble": {
      const { subject, text, overAtMs } = event.trouble;
      // The exporter logs its own troubles, and says whether the port or the text file is concerned.
      if (subject === "metrics") return undefined;
      const isOver = overAtMs !== undefined;
      return {
        level: isOver ? "info" : "error",
        text: isOver ? "trouble is over" : "trouble",
        values: { with: TROUBLE_TEXT[subject], what: text },
      };
    }
    case "orphaned": {
      const { found, closed } = event;
      return { level: "debug", text: "closed requests that no task waits for", values: { found, closed } };
    }
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
      return { level: "error", text: "thread failed, restarting it", values };
    }
    case "fatal": {
      const { thread, failure } = event;
      const values = {
        thread,
        code: failure.code,
        failure: failure.message,
        causes: failure.causes.join(": ") || undefined,
      };
      return { level: "error", text: "cannot continue", values };
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

function notifiedLine({ notice, outcome }: EventOf<"notified">): LogLine {
  const isOk = outcome.status === "ok";
  return {
    level: isOk ? "debug" : "warn",
    text: isOk ? "notified" : "notification failed",
    values: {
      event: notice.event,
      incident: notice.incidentId,
      status: outcome.status,
      reason: outcome.reason,
      took_ms: outcome.durationMs,
    },
  };
}
