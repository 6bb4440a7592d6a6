// The entries of the history for each event: a row for each event that has any. Pure.

import type { HistoryEntry } from "../history/entry.ts";
import type { Incident } from "../model/incident.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";

type Rows = {
  readonly [Type in SupervisorEvent["type"]]?: (event: EventOf<Type>) => readonly HistoryEntry[];
};

const ROWS: Rows = {
  opened: ({ incident }) => [{ event: "opened", incident }],
  worsened: ({ incident }) => [{ event: "worsened", incident }],
  ongoing: ({ incident }) => [ongoing(incident)],
  recovered: ({ incident }) => [{ event: "recovered", incident }],
  resolved: ({ incident }) => [{ event: "resolved", incident }],
  collected: ({ capture: { incidentId, name, bytes, durationMs, actions, verdict }, incident }) => [
    ...(incident === undefined ? [] : [{ event: "captured", incident } as const]),
    {
      event: "collected",
      fields: {
        incident_id: incidentId ?? null,
        capture: name,
        bytes,
        duration_ms: durationMs,
        verdict: verdict.cause,
        confidence: verdict.confidence,
        actions: actions.map(({ name, status }) => ({ name, status })),
      },
    },
  ],
  dropped: ({ orderId, rule, incidentId, reason }) => [
    {
      event: "dropped",
      fields: { order: orderId, rule: rule ?? null, incident_id: incidentId ?? null, reason },
    },
  ],
  swept: ({ removals }) =>
    removals.map(({ name, bytes, reason }) => ({ event: "deleted", fields: { name, bytes, reason } })),
  configured: ({ config: { file, sha256, rules } }) => [
    { event: "configured", fields: { file: file ?? null, sha256, rules: rules.map(({ name }) => name) } },
  ],
  notified: ({ notice, outcome }) => [
    {
      event: "notified",
      fields: {
        incident_id: notice.incidentId ?? null,
        of: notice.event,
        capture: notice.capture || null,
        status: outcome.status,
        exit_code: outcome.exitCode ?? null,
        duration_ms: outcome.durationMs,
        reason: outcome.reason ?? null,
      },
    },
  ],
  // The final state of open incidents, with everything that was added since their last entries.
  stopped: ({ open }) => open.map(ongoing),
};

/** The entries of an event. @param isAudited includes entries of `audit.enabled`, which concern no incident. */
export function historyEntriesOf(event: SupervisorEvent, isAudited: boolean): readonly HistoryEntry[] {
  const makeEntries = ROWS[event.type] as ((event: SupervisorEvent) => readonly HistoryEntry[]) | undefined;
  return (makeEntries?.(event) ?? []).filter((entry) => isAudited || "incident" in entry);
}

/** The current state of an open incident, as an entry. */
export function ongoing(incident: Incident): HistoryEntry {
  return { event: "ongoing", incident };
}
