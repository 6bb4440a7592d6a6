// The top of the page: the most likely cause, its confidence, the reasons, what to do next, and the first figures. It
// decides nothing: the verdict is the capture's.

import { headlineOf, mainMeaning } from "../model/headline.ts";
import { serverOfShare } from "../model/share.ts";
import { type Html, html } from "./html.ts";
import type { ManifestFacts } from "./manifest-facts.ts";
import { momentHtml } from "./moment.ts";
import { parseUtcUs, type RequestTable } from "./request-table.ts";
import { type Latencies, quantile, type Summary } from "./summary.ts";
import { CAUSE_WORDS, confidenceWords, type Station } from "./verdict-words.ts";
import { counted, duration, figureText, kindWords, moment } from "./words.ts";

const NO_VERDICT = {
  cause: "unknown",
  confidence: 0,
  because: ["The manifest has no verdict that this page can read."],
} as const;

export function verdictSection(facts: ManifestFacts, table: RequestTable, summary: Summary): Html {
  const { cause, confidence, because } = facts.verdict ?? NO_VERDICT;
  const words = CAUSE_WORDS[cause];
  return html`<section class="verdict" aria-labelledby="verdict">
<p class="kicker">${kicker(facts)}</p>
<h1 id="verdict">${headline(facts)}</h1>
${cause === "unknown" ? "" : confidenceLine(confidence)}
${pathOf(facts, words.station)}
<div class="pair">
<div><h2 class="small">Why</h2><ul class="because">${because.map((reason) => html`<li>${reason}</li>`)}${
    because.length === 0 && html`<li>The capture gives no reason.</li>`
  }</ul></div>
<div><h2 class="small">What to do next</h2><p>${mainMeaning(facts.statuses)?.advice ?? words.next}</p></div>
</div>
${tiles(tilesOf(table.count, summary))}
</section>`;
}

/** The page's title. */
export function headline({ verdict, statuses, share }: ManifestFacts): string {
  return headlineOf({ cause: (verdict ?? NO_VERDICT).cause, statuses, share: share ?? "" });
}

/** The line above the headline, as plain text: what happened, where and when. */
export function kickerText({ kind, type, share, host, triggered_at }: ManifestFacts): string {
  const where = isNamed(share) ? ` on ${share}` : "";
  const when = moment(parseUtcUs(triggered_at) / 1000) || NO_TIME;
  return `${kindWords(kind, type)}${where}, seen by ${host || NO_HOST}, ${when}`;
}

/**
 * The figures that a reader wants first: name, value, and what it is compared with.
 * @param count of all recorded requests.
 */
export function tilesOf(count: number, summary: Summary): readonly (readonly [string, string, string])[] {
  const { isSplit, before, during } = summary;
  const isCompared = isSplit && before.sortedNs.length > 0;
  const worst = Math.max(before.sortedNs.at(-1) ?? 0, during.sortedNs.at(-1) ?? 0);
  // Without any request a count of 0 would claim that none failed.
  const known = (value: number) => (count === 0 ? "not known" : figureText(value));
  const comparison = isCompared
    ? `${duration(quantile(before, 0.99))} before`
    : isSplit
      ? "nothing to compare with"
      : "of all recorded requests";
  return [
    ["longest wait", worst > 0 ? duration(worst) : count === 0 ? "not known" : "none", scopeWords(summary)],
    ["without a reply", known(during.inFlight), `${scopeWords(summary)}, at the time of the capture`],
    ["99 % within", duration(quantile(during, 0.99)), `${fewWords(during)}${comparison}`],
    [
      "failed requests",
      known(during.errors),
      `${isCompared ? `${figureText(before.errors)} before, ` : ""}everyday answers not counted`,
    ],
  ];
}

// --- internal ---

const NO_HOST = "an unnamed host";
const NO_TIME = "time not known";

function isNamed(share: string | null): share is string {
  return share !== null && share !== "" && share !== "unknown";
}

function kicker({ kind, type, share, host, triggered_at }: ManifestFacts): Html {
  const what = kindWords(kind, type);
  const where = isNamed(share) && html` on <bdi class="name">${share}</bdi>`;
  return html`${what}${where}, seen by <bdi class="name">${host || NO_HOST}</bdi>, ${
    momentHtml(parseUtcUs(triggered_at) / 1000) ?? NO_TIME
  }`;
}

function confidenceLine(confidence: number): Html {
  if (Number.isNaN(confidence)) return html`<p class="confidence">The confidence is not known.</p>`;
  const value = Math.round(confidence * 100);
  return html`<p class="confidence"><svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="${value}" height="8"/></svg> <span>${confidenceWords(confidence)}: <strong>${value} %</strong></span></p>`;
}

/** The path of a request: host, network, server, with the cause marked. */
function pathOf({ host, attribution, share }: ManifestFacts, blamed: Station | undefined): Html {
  const server = attribution?.server ?? /^\/\/([^/]+)/.exec(share ?? "")?.[1] ?? "";
  const stations: readonly [Station, string, string][] = [
    ["host", "This machine", host],
    ["network", "Network", "path to the server"],
    ["server", "Server", server],
  ];
  return html`<ol class="way" aria-label="Path of a request">${stations.map(
    ([station, title, name]) =>
      html`<li${station === blamed && html` class="blamed"`}><span class="dot" aria-hidden="true"></span><span class="title">${title}${
        station === blamed && html`<span class="hidden"> (to blame)</span>`
      }</span> <bdi class="name">${name}</bdi></li>`,
  )}</ol>`;
}

function tiles(figures: ReturnType<typeof tilesOf>): Html {
  return html`<dl class="tiles">${figures.map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>`;
}

/** The number of requests where a percentile of them is not what it seems; empty for a hundred or more. */
function fewWords({ sortedNs }: Latencies): string {
  return sortedNs.length > 0 && sortedNs.length < 100 ? `of ${counted(sortedNs.length, "request")}; ` : "";
}

function scopeWords({ scope }: Summary): string {
  if (scope === undefined) return "of all requests in the capture";
  return scope === serverOfShare(scope) ? "of all requests to this server" : "of all requests to this share";
}
