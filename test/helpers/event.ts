// Events of the supervisor for tests: one of each type, but for what the test says.

import type { Anomaly } from "../../src/model/anomaly.ts";
import type { Config } from "../../src/model/config.ts";
import type { EventOf, SupervisorEvent } from "../../src/supervisor/events.ts";
import { anIncident } from "./incident.ts";
import { aNotice } from "./notice.ts";
import { NO_REPORT } from "./report.ts";

import { SERVER } from "./verdict.ts";

export const CAPTURE = "aod_20261123T012345.700Z_slow.tar.zst";

const incident = anIncident({ captures: [CAPTURE] });
const anomaly: Anomaly = {
  rule: "slow",
  ruleType: "latency",
  kind: "slow",
  share: "//files/db",
  occurredNs: 0,
  detectedNs: 0,
  count: 10,
  worstNs: 5e7,
  evidence: [],
  standing: undefined,
  statuses: [],
};
const failure = { code: "BUG", message: "no", context: {}, stack: undefined, causes: [] } as const;
const action = { name: "dmesg", file: undefined, status: "missing", exitCode: undefined } as const;

const EVENTS: { readonly [Type in SupervisorEvent["type"]]: EventOf<Type> } = {
  kernelLog: { type: "kernelLog", signal: "soft_lockup", text: "watchdog: BUG: soft lockup" },
  clientLists: { type: "clientLists", readability: "late" },
  watching: { type: "watching", rules: 1, outputDir: "/srv/aod" },
  waiting: { type: "waiting" },
  attached: { type: "attached", missing: [] },
  released: { type: "released" },
  opened: { type: "opened", incident, anomaly },
  worsened: { type: "worsened", incident, anomaly },
  ongoing: { type: "ongoing", incident, anomaly, joined: false },
  recovered: {
    type: "recovered",
    incident,
    ended: { count: 1, abandoned: 0, longestNs: 1 },
  },
  resolved: {
    type: "resolved",
    incident: { ...incident, state: "resolved", resolvedAtMs: incident.lastAtMs },
  },
  collecting: { type: "collecting", orderId: 1, rule: "slow", kind: "slow", frozenAfterMs: 1 },
  collected: {
    type: "collected",
    incident,
    capture: {
      orderId: 1,
      incidentId: incident.id,
      name: CAPTURE,
      bytes: 5,
      durationMs: 7,
      actions: [{ ...action, durationMs: 1, bytes: 0, sha256: undefined, reason: "no" }],
      verdict: SERVER,
      report: NO_REPORT,
    },
  },
  progress: { type: "progress", orderId: 1, action: "dmesg", status: "ok", ended: 1, of: 2 },
  suppressed: { type: "suppressed", counts: { cooldown: 2, bytes: 1 } },
  dropped: { type: "dropped", orderId: 1, rule: "slow", incidentId: incident.id, reason: "no" },
  swept: {
    ...{
      type: "swept",
      ageDoubt: undefined,
      removals: [{ name: CAPTURE, bytes: 5, reason: "age" }],
      undeletable: [],
    },
    storedCount: 0,
    storedBytes: 0,
    overBytes: 0,
    rotated: false,
  },
  trouble: {
    type: "trouble",
    trouble: {
      subject: "output_folder",
      text: "no capture can be written: EACCES",
      sinceMs: 0,
      overAtMs: undefined,
    },
  },
  orphaned: { type: "orphaned", found: 1, closed: 1 },
  lost: { type: "lost", cause: "ring_full", count: 1 },
  configured: {
    type: "configured",
    config: {
      file: "/etc/aod.yaml",
      sha256: "abc",
      rules: [{ name: "slow" }],
      auditEnabled: true,
    } as unknown as Config,
    isStart: true,
  },
  notified: {
    type: "notified",
    notice: aNotice(),
    outcome: { status: "failed", exitCode: 1, durationMs: 3, reason: "no" },
  },
  restarting: { type: "restarting", thread: "runner", failure, delayMs: 1 },
  fatal: { type: "fatal", thread: "runner", failure },
  stopping: { type: "stopping" },
  stopped: { type: "stopped", detector: undefined, runner: undefined, losses: {}, open: [incident] },
};

export const ALL_EVENTS: readonly SupervisorEvent[] = Object.values(EVENTS);

export function anEvent<Type extends SupervisorEvent["type"]>(
  type: Type,
  parts: Partial<EventOf<Type>> = {},
): EventOf<Type> {
  return { ...EVENTS[type], ...parts };
}
