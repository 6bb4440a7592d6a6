// The processes that waited, by share, and the slowest requests of all. Bars make the times comparable at a glance.

import { type Html, html } from "./html.ts";
import type { RequestTable } from "./request-table.ts";
import { IN_FLIGHT, statusWords } from "./state.ts";
import { type Summary, senderOf } from "./summary.ts";
import { swatchOf } from "./swatch.ts";
import { clock, counted, duration, figureText, MAY_BLOCK_WORDS, shortCommand } from "./words.ts";

const WAITERS_MAX = 16;

export function waitingSection({ waiters, isSplit }: Summary): Html {
  const all = waiters.filter(({ waitedNs }) => waitedNs > 0);
  const shown = all.slice(0, WAITERS_MAX);
  const [longest] = shown;
  if (longest === undefined) return html``;
  const total = all.reduce((sum, { waitedNs }) => sum + waitedNs, 0);
  // A process that waited for two shares is in two rows.
  const processes = new Set(all.map(({ name, pid }) => `${pid} ${name}`)).size;
  const rest = all.length - shown.length;
  return html`<section aria-labelledby="waiting">
<h2 id="waiting">Affected processes</h2>
<p class="lead">${counted(processes, "process waited", "processes waited")} ${duration(total)} in total${isSplit && " during the incident"}${processes > 1 && html`; <bdi class="name">${longest.name || "?"}</bdi> most`}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of affected processes"><table>
<thead><tr><th scope="col">Process</th><th scope="col">Share</th><th scope="col">Waited in total</th><th scope="col" class="figure">requests</th><th scope="col" class="figure">longest</th><th scope="col" class="figure">failed</th><th scope="col" class="figure">no reply</th></tr></thead>
<tbody>${shown.map(
    ({ name, pid, share, waitedNs, requests, worstNs, errors, inFlight }) =>
      html`<tr><th scope="row"><bdi class="name">${name || "?"}</bdi> <span class="soft">${pid}</span></th><td><bdi class="name">${share || "not known"}</bdi></td><td><span class="barred"><svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="fill" width="${Math.max(0.5, (waitedNs / longest.waitedNs) * 100).toFixed(1)}" height="8"/></svg><span class="figure">${duration(waitedNs)}</span></span></td><td class="figure">${figureText(requests)}</td><td class="figure">${duration(worstNs)}</td><td class="figure">${figureText(errors)}</td><td class="figure">${figureText(inFlight)}</td></tr>`,
  )}</tbody></table></div>
${rest > 0 && html`<p class="note">${counted(rest, "more row")} with less time waited ${rest === 1 ? "is" : "are"} not shown.</p>`}
</section>`;
}

export function worstSection(table: RequestTable, summary: Summary): Html {
  if (summary.worst.length === 0) return html``;
  const evidence = new Set(summary.evidence);
  return html`<section aria-labelledby="worst">
<h2 id="worst">The slowest requests</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of the slowest requests"><table>
<thead><tr><th scope="col" class="figure">Latency</th><th scope="col">Command</th><th scope="col">Status</th><th scope="col">Sent (UTC)</th><th scope="col">Process</th><th scope="col">Share</th><th scope="col" class="figure">Message id</th></tr></thead>
<tbody>${summary.worst.map((row) => worstRow(table, row, evidence.has(row)))}</tbody></table></div>
${evidence.size > 0 && html`<p class="note"><span class="flag">●</span> tripped the rule.</p>`}
${summary.mayBlock > 0 && html`<p class="note">${MAY_BLOCK_WORDS} are not listed.</p>`}
</section>`;
}

// --- internal ---

function worstRow(table: RequestTable, row: number, isEvidence: boolean): Html {
  const { pid, comm } = senderOf(table, row);
  const command = table.commands[table.command[row] ?? 0] ?? "";
  const epochMs = (table.firstEpochUs + (table.sentUs[row] ?? 0)) / 1000;
  const isOpen = table.state[row] === IN_FLIGHT;
  return html`<tr><th scope="row" class="figure">${isEvidence && html`<span class="flag" title="tripped the rule">●</span> `}${isOpen && "≥ "}${duration(table.latencyNs[row] ?? Number.NaN)}</th><td>${swatchOf(command)}${shortCommand(command)}</td><td>${statusCell(table, row)}</td><td class="figure left">${clock(epochMs)}</td><td><bdi class="name">${comm || "?"}</bdi> <span class="soft">${pid}</span></td><td><bdi class="name">${table.shares[table.share[row] ?? 0] || "not known"}</bdi></td><td class="figure">${String(table.messageId[row] ?? "")}</td></tr>`;
}

function statusCell(table: RequestTable, row: number): Html {
  const state = table.state[row] ?? 0;
  const status = table.statuses[table.status[row] ?? 0] ?? "";
  const words = statusWords(state, status);
  if (state === IN_FLIGHT) return html`<span class="worse">${words}</span>`;
  return words === status ? html`<code>${words}</code>` : html`${words}`;
}
