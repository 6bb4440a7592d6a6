// What happened, a line each, for `aod logs`: entries of the history in words. Pure. Names of shares and programs
// came from servers and files: no terminal obeys them.

import type { StoredEntry } from "../history/entry.ts";
import { escapeControls } from "../model/escape.ts";
import { bytesText, countText, durationText, durationTextOfNs } from "../model/figure.ts";
import { type Incident, withOthers } from "../model/incident.ts";
import { statusesText } from "../model/status-count.ts";
import { localTimeText } from "./local-time.ts";

const EVENT_COLUMNS = 9;
const KIND_WORDS: Readonly<Record<Incident["kind"], string>> = {
  slow: "slow replies",
  emergency: "a reply that took too long, or an error that counts at once",
  hung: "no reply",
  error: "failed requests",
  signal: "connection trouble",
};

/**
 * `12-01 09:12:12  opened    no reply on //files/db (no-reply), 7 requests, …`; undefined for an entry that repeats
 * another.
 */
export function logLine({ time, event, incident, fields }: StoredEntry): string | undefined {
  // The capture of an incident has a line of the incident too, which knows its share.
  if (event === "collected" && typeof fields.incident_id === "string") return undefined;
  const text = incident === undefined ? actText(event, fields) : incidentText(event, incident);
  const atMs = Date.parse(time);
  const at = Number.isNaN(atMs) ? time : localTimeText(atMs);
  return escapeControls(`${at}  ${event.padEnd(EVENT_COLUMNS)} ${text}`.trimEnd());
}

// --- internal ---

function incidentText(event: string, incident: Incident): string {
  const { id, kind, rule, rules, share, shares, verdict, captures, openedAtMs, resolvedAtMs } = incident;
  const where = `${withOthers(share, shares)} (${withOthers(rule, rules)})`;
  if (event === "captured") {
    const cause = verdict === undefined ? "" : `, verdict ${verdict.cause}`;
    return `${captures.at(-1) ?? "a capture"} of ${where}${cause}`;
  }
  const worst = incident.worstNs > 0 ? [`the worst ${durationTextOfNs(incident.worstNs)}`] : [];
  const statuses = statusesText(incident.statuses);
  const lasted =
    event === "resolved" && resolvedAtMs !== undefined
      ? [`lasted ${durationText(Math.max(0, resolvedAtMs - openedAtMs))}`]
      : [];
  const parts = [
    `${KIND_WORDS[kind]} on ${where}`,
    `${countText(incident.count)} ${kind === "signal" ? "signals" : "requests"}`,
    ...worst,
    ...(statuses === undefined || statuses === "" ? [] : [statuses]),
    ...lasted,
    ...(event === "resolved" && verdict !== undefined ? [`verdict ${verdict.cause}`] : []),
    `incident ${id}`,
  ];
  return parts.join(", ");
}

/** Entries that belong to no incident, or of which only the fields are known. */
function actText(event: string, fields: StoredEntry["fields"]): string {
  const { capture, name, bytes, verdict, reason, rule, of, status, file, rules } = fields;
  const size = typeof bytes === "number" ? [bytesText(bytes)] : [];
  const known = (value: unknown) => (typeof value === "string" && value !== "" ? [value] : []);
  switch (event) {
    case "collected":
      return [...known(capture), ...size, ...known(verdict).map((cause) => `verdict ${cause}`)].join(", ");
    case "deleted":
      return [...known(name), ...size, ...known(reason)].join(", ");
    case "dropped":
      return ["a capture was not made", ...known(rule).map((of) => `rule ${of}`), ...known(reason)].join(
        ", ",
      );
    case "notified":
      return [...known(of), ...known(capture), ...known(status), ...known(reason)].join(", ");
    case "configured": {
      const count = Array.isArray(rules) ? [`${rules.length} rule${rules.length === 1 ? "" : "s"}`] : [];
      return [...(known(file).length > 0 ? known(file) : ["the built-in default"]), ...count].join(", ");
    }
    default:
      return JSON.stringify(fields);
  }
}
