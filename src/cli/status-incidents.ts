// The incidents of `aod status`: open ones, ongoing hangs, and if none is open the last one. Pure.

import type { Status } from "../api/status.ts";
import { countText, durationText } from "../model/figure.ts";
import { withOthers } from "../model/incident.ts";
import { type Line, span } from "../top/line.ts";
import { moreLines, type StatusWords } from "./status-words.ts";

const RULE_COLUMNS_MAX = 20;
/** Columns of the line of an incident, without the names of its rule and its share. */
const INCIDENT_COLUMNS = 44;

/** Text of an incident that is over, by its worst kind. */
const KIND_WORDS: Readonly<Record<string, string>> = {
  slow: "slow replies",
  emergency: "a reply that took far too long",
  hung: "no reply",
  error: "failed requests",
  signal: "connection trouble",
};

type Incident = Status["open_incidents"][number];

export function statusIncidentLines(
  { open_incidents: incidents, past_incidents: past }: Status,
  most: number,
  text: StatusWords,
): readonly Line[] {
  if (incidents.length === 0) return text.wrapped("incidents", pastText(past, text), "plain");
  const hangs = incidents.filter(({ standing }) => standing !== null).length;
  const title = `${incidents.length} open${hangs === 0 ? "" : `; in ${hangs} of them something hangs now`}`;
  const shown = incidents.slice(0, most);
  const half = Math.max(1, Math.floor((text.columns - INCIDENT_COLUMNS) / 2));
  const ruleColumns = Math.min(
    RULE_COLUMNS_MAX,
    half,
    Math.max(...shown.map(({ rule, rules }) => withOthers(rule, rules).length)),
  );
  return [
    text.labelled("incidents", title, "trouble"),
    ...shown.map((incident) => incidentLine(incident, ruleColumns, text)),
    ...moreLines(incidents.length - most, "aod incidents lists them", text),
  ];
}

/** An incident that is over is still news to the operator who arrives later. */
function pastText({ last_hour, last_day, last }: Status["past_incidents"], text: StatusWords): string {
  if (last === null || last_day === 0) return "none open";
  const count =
    last_hour > 0 ? `${countText(last_hour)} in the last hour` : `${countText(last_day)} in the last 24 h`;
  const { kind, share, hung, worst_ms, opened_at, resolved_at, verdict } = last;
  const lastedMs = Math.max(0, Date.parse(resolved_at ?? opened_at) - Date.parse(opened_at));
  const what = [
    `${KIND_WORDS[kind] ?? kind} on ${share}`,
    durationText(hung?.longest_ms ?? (worst_ms === 0 ? lastedMs : worst_ms)),
    ...(verdict === null || verdict.cause === "unknown" ? [] : [verdict.cause]),
    `ended ${text.ago(resolved_at ?? opened_at)} ago`,
  ].join(", ");
  return `none open; ${count}, last: ${what}`;
}

function incidentLine(incident: Incident, ruleColumns: number, text: StatusWords): Line {
  const { opened_at, standing, worst_ms, count, verdict } = incident;
  const rule = withOthers(incident.rule, incident.rules);
  const share = withOthers(incident.share, incident.shares);
  const state = text.cell(standing === null ? "open" : "hangs", 5);
  // A hang began before its incident, and has one age on every screen.
  const age = standing === null ? text.ago(opened_at) : durationText(standing.oldest_ms);
  const left = `  ${state} ${text.cell(age, 7, "right")}  ${text.cell(rule, ruleColumns)} `;
  const right = [
    text.cell(`${countText(count)} req`, 9, "right"),
    text.cell(durationText(Math.max(worst_ms, standing?.oldest_ms ?? 0)), 7, "right"),
    text.cell(verdict === null ? "" : verdict.cause, 7),
  ].join(" ");
  const name = text.cell(share, Math.max(1, text.columns - left.length - right.length - 1));
  return [span(left + name, standing === null ? "plain" : "trouble"), span(` ${right}`.trimEnd())];
}
