// What happened, in plain words: the rule, the share, the times, the affected processes, and how soon the problem was
// detected.

import { EVIDENCE_MAX } from "../model/anomaly.ts";
import { statusesText } from "../model/status-count.ts";
import { type Html, html } from "./html.ts";
import type { ManifestFacts } from "./manifest-facts.ts";
import { momentHtml } from "./moment.ts";
import { parseUtcUs, type RequestTable } from "./request-table.ts";
import type { Summary } from "./summary.ts";
import { counted, duration, shortCommand } from "./words.ts";

export function incidentSection(facts: ManifestFacts, table: RequestTable, summary: Summary): Html {
  return html`<section aria-labelledby="incident">
<h2 id="incident">What happened</h2>
<p class="lead">${story(facts, summary)}</p>
<dl class="facts">${rows(facts, table).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}

// --- internal ---

function story(facts: ManifestFacts, { beganUs, trippedUs }: Summary): Html {
  if (facts.trigger === "manual")
    return html`This capture was made on demand; no rule tripped.${facts.reason && html` Reason: <q>${facts.reason}</q>.`} ${hangingWords(facts)}`;
  if (facts.rule === "") return html`The rule is not known: the manifest does not name it.`;
  const rule = html`The rule <code>${facts.rule}</code>`;
  const began =
    trippedUs - beganUs > 1e4
      ? html` The first of these requests was sent ${duration((trippedUs - beganUs) * 1000)} earlier.`
      : "";
  const frozenAfterUs = parseUtcUs(facts.frozen_at) - parseUtcUs(facts.triggered_at);
  const frozen = Number.isNaN(frozenAfterUs)
    ? ""
    : `, and the recorder was frozen ${duration(frozenAfterUs * 1000)} later`;
  const seen = Number.isNaN(facts.detected_after_ms)
    ? " The time to detection is not known."
    : ` It was detected ${duration(facts.detected_after_ms * 1e6)} after the last of them completed or became overdue${frozen}.`;
  return html`${rule} tripped: ${evidenceWords(facts)}.${began}${seen}`;
}

function evidenceWords({ kind, type, evidence, statuses }: ManifestFacts): string {
  const count = evidence.length;
  if (count === 0) return "the manifest has no evidence";
  // A manifest has no more rows than this.
  const least = count >= EVIDENCE_MAX ? "at least " : "";
  const longest = Math.max(
    ...evidence.map(({ latency_ns }) => latency_ns ?? Number.NaN).filter((ns) => ns >= 0),
  );
  const commands = [...new Set(evidence.map(({ command }) => shortCommand(command)))].filter(
    (name) => name !== "",
  );
  const which = commands.length === 0 || commands.length > 3 ? "" : ` (${commands.join(", ")})`;
  switch (kind) {
    case "hung":
      return `${least}${hungWords(evidence)}${which}, the oldest for ${duration(longest)}`;
    case "error":
      return `${least}${counted(count, "reply", "replies")} with an error${which}${statusWords(statuses)}`;
    case "signal":
      return `${least}${counted(count, "signal")} of the client's connections${which}`;
    default:
      if (type === "error")
        return `${counted(count, "reply", "replies")} with an error that is enough by itself${which}${statusWords(statuses)}`;
      return `${least}${counted(count, "request")} that took too long${which}, up to ${duration(longest)}`;
  }
}

function statusWords(statuses: ManifestFacts["statuses"]): string {
  const text = statusesText(statuses);
  return text === undefined ? "" : `: ${text}`;
}

/** The hanging requests of a capture on demand, the worst server first. */
function hangingWords({ hanging }: ManifestFacts): Html | string {
  if (hanging === null) return "";
  if (hanging.length === 0) return "Nothing was hanging: every request had its reply within a second.";
  const parts = hanging.map(({ server, shares, count, oldest_ms }, at) => {
    const where = shares.length === 1 && shares[0] ? shares[0] : server;
    const what = html`${counted(count, "request")} to <bdi class="name">${where}</bdi>, the oldest for ${duration(oldest_ms * 1e6)}`;
    return html`${at === 0 ? "" : "; "}${what}`;
  });
  return html`Hanging: ${parts}.`;
}

/** Operations that wait for credits or a connection are not requests yet, so they are counted apart. */
function hungWords(evidence: ManifestFacts["evidence"]): string {
  const waiting = evidence.filter(({ state }) => state === "waiting").length;
  const requests = evidence.length - waiting;
  const parts = [
    ...(requests > 0 ? [`${counted(requests, "request")} without a reply`] : []),
    ...(waiting > 0 ? [`${counted(waiting, "operation")} that could not be sent`] : []),
  ];
  return parts.join(" and ");
}

function rows(facts: ManifestFacts, table: RequestTable): readonly [string, Html | string][] {
  const { attribution, suppressed } = facts;
  const isManual = facts.trigger === "manual";
  const encrypted =
    attribution?.encrypted === null ? "" : attribution?.encrypted ? ", encrypted" : ", not encrypted";
  const all: readonly [string, Html | string | undefined][] = [
    ["Share", facts.share ? html`<bdi class="name">${facts.share}</bdi>` : undefined],
    ["Possible shares", attribution?.possible_shares.length ? names(attribution.possible_shares) : undefined],
    ["DFS path", attribution?.dfs_paths.length ? names(attribution.dfs_paths) : undefined],
    ["Mounted at", attribution ? names(attribution.mount_points) : undefined],
    ["Connection", attribution?.dialect ? `SMB ${attribution.dialect}${encrypted}` : undefined],
    ["Processes", attribution ? processes(attribution.processes) : undefined],
    [
      "Rule",
      !isManual && facts.rule
        ? html`<code>${facts.rule}</code>, type ${facts.type || "not known"}`
        : undefined,
    ],
    [isManual ? "Requested" : "Tripped", at(facts.triggered_at)],
    ["Captured", at(facts.frozen_at)],
    [
      "Suppressed",
      suppressed === 0 || isManual
        ? undefined
        : `${counted(suppressed, "capture")} of this server and family since the last one`,
    ],
    ["Incident", facts.incident_id ? html`<code>${facts.incident_id}</code>` : undefined],
    [
      "Host",
      html`<bdi class="name">${facts.host || "not known"}</bdi>${facts.kernel && `, Linux ${facts.kernel}`}${facts.aod_version && `, aod ${facts.aod_version}`}`,
    ],
    ["Requests", requestsWords(table)],
  ];
  return all.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, value] as [string, Html | string]],
  );
}

function requestsWords({ count, leftOut, unreadable }: RequestTable): string {
  return [
    `${counted(count, "request")} recorded`,
    ...(leftOut > 0 ? [`${counted(leftOut, "row")} left out of this page`] : []),
    ...(unreadable > 0 ? [`${counted(unreadable, "row")} of requests.csv could not be read`] : []),
  ].join(", ");
}

function names(list: readonly string[]): Html | undefined {
  if (list.length === 0) return undefined;
  return html`${list.map((name, i) => html`${i > 0 && ", "}<bdi class="name">${name}</bdi>`)}`;
}

function processes(list: NonNullable<ManifestFacts["attribution"]>["processes"]): Html | undefined {
  if (list.length === 0) return undefined;
  return html`${list.map(({ pid, name, unit, container, requests }, i) => {
    const where = [unit, container && `container ${container}`].filter(Boolean).join(", ");
    return html`${i > 0 && html`<br>`}<bdi class="name">${name}</bdi> (${Number.isNaN(pid) ? "pid not known" : pid}${where && `; ${where}`}): ${counted(requests, "request")}`;
  })}`;
}

function at(text: string): Html | string {
  return momentHtml(parseUtcUs(text) / 1000, true) ?? "not known";
}
