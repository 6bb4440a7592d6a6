// The top of the page: who is to blame, how sure that is, why, what to do next, and the figures that one wants first. In: facts and
// figures; out: HTML. Decides nothing: the verdict is the capture's.

import type { Facts } from "./facts.ts";
import { type Html, html } from "./html.ts";
import { quantile, type Summary } from "./summary.ts";
import { CAUSE_WORDS, confidenceWords, type Station } from "./verdict-words.ts";
import { amount, duration, moment } from "./words.ts";

export function verdictSection(facts: Facts, summary: Summary): Html {
  const { cause, confidence, because } = facts.verdict;
  const words = CAUSE_WORDS[cause];
  return html`<section class="verdict" aria-labelledby="verdict">
<p class="kicker">${kicker(facts)}</p>
<h1 id="verdict">${words.headline}</h1>
${cause === "unknown" ? "" : confidenceLine(confidence)}
${wayOf(facts, words.station)}
<div class="pair">
<div><h2 class="small">Why</h2><ul class="because">${because.map((reason) => html`<li>${reason}</li>`)}${
    because.length === 0 && html`<li>The capture gives no reason.</li>`
  }</ul></div>
<div><h2 class="small">What to do next</h2><p>${words.next}</p></div>
</div>
${tiles(summary)}
</section>`;
}

// --- internal ---

function kicker({ kind, share, host, triggered_at }: Facts): Html {
  const what = KINDS[kind] ?? "An incident";
  const isNamed = share !== null && share !== "" && share !== "unknown";
  const where = isNamed && html` on <bdi class="name">${share}</bdi>`;
  return html`${what}${where}, seen by <bdi class="name">${host || "an unnamed host"}</bdi>, ${
    moment(Date.parse(triggered_at)) || "at a time that is not known"
  }`;
}

const KINDS: Readonly<Record<string, string>> = {
  slow: "Slow replies",
  emergency: "A reply that took far too long",
  hung: "No reply",
  error: "Failed requests",
  signal: "Connection trouble",
  manual: "A capture that somebody asked for",
};

function confidenceLine(confidence: number): Html {
  const value = Math.round(confidence * 100);
  return html`<p class="confidence"><svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="${value}" height="8"/></svg> <span>${confidenceWords(confidence)}: <strong>${value} %</strong></span></p>`;
}

/** Host, network, server: where on the way it is. */
function wayOf({ host, attribution, share }: Facts, blamed: Station | undefined): Html {
  const server = attribution?.server ?? /^\/\/([^/]+)/.exec(share ?? "")?.[1] ?? "";
  const stations: readonly [Station, string, string][] = [
    ["host", "This machine", host],
    ["network", "Network", "the way there and back"],
    ["server", "Server", server],
  ];
  return html`<ol class="way" aria-label="The way of a request">${stations.map(
    ([station, title, name]) =>
      html`<li${station === blamed && html` class="blamed"`}><span class="dot" aria-hidden="true"></span><span class="title">${title}${
        station === blamed && html`<span class="hidden"> (to blame)</span>`
      }</span> <bdi class="name">${name}</bdi></li>`,
  )}</ol>`;
}

function tiles({ before, during, scope }: Summary): Html {
  const worst = Math.max(before.sortedNs.at(-1) ?? 0, during.sortedNs.at(-1) ?? 0);
  const figures: readonly [string, string, string][] = [
    [
      "longest wait",
      worst > 0 ? duration(worst) : "none",
      scope === undefined ? "of all requests in the capture" : "of all requests to this share",
    ],
    ["without a reply", amount(during.inFlight), "when the capture was made"],
    [
      "99 of 100 within",
      during.sortedNs.length > 0 ? duration(quantile(during, 0.99)) : "not known",
      before.sortedNs.length > 0 ? `${duration(quantile(before, 0.99))} before` : "nothing to compare with",
    ],
    [
      "failed requests",
      amount(during.errors),
      before.sortedNs.length > 0
        ? `${amount(before.errors)} before, everyday answers included`
        : "everyday answers included",
    ],
  ];
  return html`<dl class="tiles">${figures.map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>`;
}
