// The journal entries of events that have a message id, by which programs can find them. Pure. The ids are public
// contract (docs/incidents.md): change none.

import { join } from "node:path";
import type { Level } from "../log.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { Incident } from "../model/incident.ts";
import type { SupervisorEvent } from "../supervisor/events.ts";
import { BATCHES } from "../system/batches-folder.ts";
import type { JournalFields } from "../system/journald.ts";

export const MESSAGE_IDS = {
  opened: "7c4d7507b2654517a0247491f5de7700",
  worsened: "87a1821c14e844468dbc43bf2c161ac5",
  collected: "d155d2b568114b58b8d3391187a8b0a0",
  resolved: "f74e0b0deb474c6a86fdf5fc31f1319e",
} as const;

/** syslog(3). */
const PRIORITIES: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/**
 * The entry of an event; undefined for an event that is only logged.
 * @param text the line of the event in the log.
 */
export function journalFieldsOf(
  event: SupervisorEvent,
  level: Level,
  text: string,
  outputDir: string,
): JournalFields | undefined {
  if (!isMessage(event)) return undefined;
  return {
    MESSAGE: text,
    MESSAGE_ID: MESSAGE_IDS[event.type],
    PRIORITY: PRIORITIES[level],
    SYSLOG_IDENTIFIER: "aod",
    ...(event.type === "collected" ? captureFields(event, outputDir) : incidentFields(event.incident)),
  };
}

type Message = Extract<SupervisorEvent, { type: keyof typeof MESSAGE_IDS }>;

function isMessage(event: SupervisorEvent): event is Message {
  return Object.hasOwn(MESSAGE_IDS, event.type);
}

function captureFields(
  { capture, incident }: Extract<Message, { type: "collected" }>,
  outputDir: string,
): JournalFields {
  return {
    AOD_RULE: parseCaptureName(capture.name)?.rule,
    AOD_INCIDENT_ID: capture.incidentId,
    ...(incident && incidentFields(incident)),
    AOD_CAPTURE: join(outputDir, BATCHES, capture.name),
    AOD_VERDICT: capture.verdict.cause,
  };
}

function incidentFields({ id, server, family, rule, share }: Incident): JournalFields {
  return {
    AOD_INCIDENT_ID: id,
    AOD_SERVER: server,
    AOD_FAMILY: family,
    AOD_RULE: rule,
    AOD_SHARE: share,
  };
}
