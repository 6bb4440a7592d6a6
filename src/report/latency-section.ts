// How long replies took, before the incident and during it, or all in one group: histograms over one axis, and a table
// by command. All positions are percentages of the width, so that text keeps its size on any screen.

import { type Html, html } from "./html.ts";
import { decadesOf, latencyTicks } from "./scale.ts";
import { type CommandSummary, type Latencies, quantile, type Summary } from "./summary.ts";
import { swatchOf } from "./swatch.ts";
import { counted, duration, figureText, MAY_BLOCK_WORDS, shortCommand } from "./words.ts";

const BINS_PER_DECADE = 8;
const HEIGHT = 96;
/** Height above the bars, for two lines of labels. */
const HEAD = 34;
const FOOT = 20;
/** SMB has 20 commands; a capture of unknown origin may have more. */
const COMMANDS_MAX = 24;

export function latencySection(summary: Summary): Html {
  const { before, during, commands, scope, isSplit } = summary;
  const all = [...before.sortedNs, ...during.sortedNs];
  if (all.length === 0) return html``;
  const decades = decadesOf(all);
  const parts: readonly [string, string, Latencies][] = isSplit
    ? [
        ["Before", "before", before],
        ["During", "during", during],
      ]
    : [["All", "before", during]];
  return html`<section aria-labelledby="latencies">
<h2 id="latencies">How long replies took</h2>
<p class="lead">${scope !== undefined && html`Only <bdi class="name">${scope}</bdi>. `}${sentence(summary)}</p>
${parts.map(
  ([title, name, latencies]) =>
    html`<figure class="histogram ${name}"><figcaption><strong>${title}</strong> ${
      latencies.sortedNs.length === 0 ? "no requests" : counted(latencies.sortedNs.length, "request")
    }</figcaption>${latencies.sortedNs.length > 0 && histogram(title, latencies, decades)}</figure>`,
)}
<p class="note">${notes(summary)}</p>
<h3>By command</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Latencies by command"><table>
<thead><tr><th scope="col">Command</th>${isSplit ? html`${heads("before")}${heads("during")}<th scope="col" class="figure">slower</th>` : heads("requests")}<th scope="col" class="figure">failed</th><th scope="col" class="figure">no reply</th></tr></thead>
<tbody>${commands.slice(0, COMMANDS_MAX).map((command) => commandRow(command, isSplit))}</tbody></table></div>
</section>`;
}

// --- internal ---

function sentence({ isSplit, before, during }: Summary): string {
  if (!isSplit)
    return `Half of the replies took up to ${duration(quantile(during, 0.5))}, 99 of 100 up to ${duration(quantile(during, 0.99))}.`;
  if (before.sortedNs.length === 0)
    return `Half of the replies took up to ${duration(quantile(during, 0.5))}. There are no earlier requests to compare with.`;
  if (during.sortedNs.length === 0)
    return `Half of the replies took up to ${duration(quantile(before, 0.5))}; no request ended after the incident began.`;
  const [was, is] = [quantile(before, 0.5), quantile(during, 0.5)];
  return `Half of the replies took up to ${duration(was)} before, and ${duration(is)} during the incident${factor(was, is)}.`;
}

function notes({ isSplit, beganUs, trippedUs, unplaced, mayBlock }: Summary): string {
  const moment = beganUs === trippedUs ? "the rule tripped" : "the first request in evidence was sent";
  return [
    ...(isSplit ? [`“During” covers requests that ended after ${moment} or had not ended.`] : []),
    "Requests in flight count with their age.",
    ...(unplaced > 0
      ? [
          `It is not known when ${counted(unplaced, "request")} ended: ${unplaced === 1 ? "it is" : "they are"} in neither group.`,
        ]
      : []),
    ...(mayBlock > 0 ? [`${MAY_BLOCK_WORDS} count only in the table by command.`] : []),
  ].join(" ");
}

function factor(was: number, is: number): string {
  const times = is / was;
  return times >= 1.5 && Number.isFinite(times)
    ? `: ${times < 10 ? times.toFixed(1) : figureText(times)} times as long`
    : "";
}

function histogram(title: string, latencies: Latencies, [low, high]: readonly [number, number]): Html {
  const { sortedNs } = latencies;
  const bins = new Uint32Array((high - low) * BINS_PER_DECADE);
  for (const ns of sortedNs) {
    const bin = Math.floor((Math.log10(Math.max(ns, 1)) - low) * BINS_PER_DECADE);
    const at = Math.min(bins.length - 1, Math.max(0, bin));
    bins[at] = (bins[at] ?? 0) + 1;
  }
  const most = Math.max(...bins);
  const share = (log: number) => Math.min(1, Math.max(0, (log - low) / (high - low)));
  const x = (log: number) => `${(share(log) * 100).toFixed(2)}%`;
  const bottom = HEAD + HEIGHT;
  const marks = [
    { name: "half", at: quantile(latencies, 0.5), y: 12 },
    { name: "99 of 100", at: quantile(latencies, 0.99), y: 27 },
  ];
  return html`<svg class="chart" width="100%" height="${bottom + FOOT}" role="img" aria-label="${title}: half within ${duration(quantile(latencies, 0.5))}, 99 of 100 within ${duration(quantile(latencies, 0.99))}">
${latencyTicks([low, high]).map(
  ({ at, label }) =>
    html`<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${HEAD}" y2="${bottom}"/><text class="tick" x="${x(at)}" y="${bottom + 15}" text-anchor="${anchor(share(at))}">${label}</text>`,
)}
${[...bins].map((count, bin) => {
  if (count === 0) return "";
  // Even a single request is visible.
  const height = Math.max(1.5, (count / most) * HEIGHT);
  const left = x(low + bin / BINS_PER_DECADE);
  return html`<rect class="bar" x="${left}" width="${(100 / bins.length).toFixed(2)}%" y="${(bottom - height).toFixed(1)}" height="${height.toFixed(1)}"/>`;
})}
<line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}"/>
${marks.map(({ name, at, y }) => {
  const left = x(Math.log10(at));
  const isRight = share(Math.log10(at)) > 0.7;
  return html`<line class="mark" x1="${left}" x2="${left}" y1="${y - 8}" y2="${bottom}"/><text class="label" x="${left}" y="${y}" dx="${isRight ? -5 : 5}" text-anchor="${isRight ? "end" : "start"}">${name} ≤ ${duration(at)}</text>`;
})}
</svg>`;
}

function anchor(share: number): string {
  return share < 0.02 ? "start" : share > 0.98 ? "end" : "middle";
}

function heads(first: string): Html {
  return html`<th scope="col" class="figure">${first}</th><th scope="col" class="figure">median</th><th scope="col" class="figure">p99</th>`;
}

function commandRow({ command, before, during }: CommandSummary, isSplit: boolean): Html {
  const cells = ({ sortedNs }: Latencies) =>
    sortedNs.length === 0
      ? html`<td class="figure">0</td><td></td><td></td>`
      : html`<td class="figure">${figureText(sortedNs.length)}</td><td class="figure">${duration(quantile({ sortedNs }, 0.5))}</td><td class="figure">${duration(quantile({ sortedNs }, 0.99))}</td>`;
  const times = quantile(during, 0.5) / quantile(before, 0.5);
  const slower = html`<td class="figure${times >= 2 && " worse"}">${
    Number.isFinite(times) && `${times < 10 ? times.toFixed(1) : figureText(times)} ×`
  }</td>`;
  return html`<tr><th scope="row">${swatchOf(command)}${shortCommand(command)}</th>${isSplit && cells(before)}${cells(during)}${isSplit && slower}<td class="figure">${figureText(before.errors + during.errors)}</td><td class="figure">${figureText(before.inFlight + during.inFlight)}</td></tr>`;
}
