// The plot of every request: the static drawing for readers without JavaScript and for paper, the frame for the
// script's plot, and the data of that plot, in chunks. The drawing has one cell for all requests in one place, so its
// size does not depend on their number.

import { encodeDeltas, encodeFixed, encodeLatencies, widthFor } from "./columns.ts";
import { Html, html, scriptJson } from "./html.ts";
import type { PageData } from "./page-data.ts";
import { HUE_COUNT, hueOf } from "./palette.ts";
import type { RequestTable } from "./request-table.ts";
import { latencyTicks, plotLevelsOf, timeTicks } from "./scale.ts";
import { ERROR, EVERYDAY, IN_FLIGHT } from "./state.ts";
import { type Summary, worstOf } from "./summary.ts";
import { swatch } from "./swatch.ts";
import { counted, duration, EVERYDAY_WORDS, figureText, shortCommand } from "./words.ts";

const CELLS = { across: 320, down: 130 } as const;
/** px of the drawing, and of the labels of time below it. */
const HEIGHT = 2 * CELLS.down;
const LABELS = 24;
const BARS_MAX = 200;
/** Number of latencies that are exact in the page's data, because readers compare them with the tables. */
const EXACT_MAX = 256;

export function plotSection(table: RequestTable, summary: Summary): Html {
  if (table.count === 0)
    return html`<section aria-labelledby="requests"><h2 id="requests">Every request</h2><p>${table.unreadable > 0 ? "No row of requests.csv could be read." : "The flight recorder is empty."}</p></section>`;
  return html`<section aria-labelledby="requests">
<h2 id="requests">Every request</h2>
<p class="lead">${counted(table.count, "request")} to all servers: when each was sent, and how long its reply took. Higher is slower: each grid line is ten times the one below.</p>
<div id="plot" class="plot" hidden></div>
<figure class="static">${drawing(table, summary)}
<figcaption>${legend(table, summary)}</figcaption></figure>
<p class="note">${unknownWords(table)}Latency is the time from when a request has its message id, after credits were granted, to its reply. A plain READ ends before its data is read from the socket; all parts of a compound end together.</p>
</section>`;
}

/** The data of the script, as a script element of type JSON. */
export function* dataChunks(table: RequestTable, summary: Summary): Generator<Html | Uint8Array> {
  if (table.count === 0) return;
  const exact = new Set([...summary.evidence, ...worstOf(table, EXACT_MAX)]);
  const head: PageData["head"] = {
    count: table.count,
    firstEpochUs: table.firstEpochUs,
    trippedUs: orNull(summary.trippedUs),
    trigger: triggerWords(summary),
    beganUs: orNull(summary.beganUs),
    frozenUs: summary.frozenUs,
    completeSinceUs: orNull(summary.completeSinceUs),
    commands: table.commands,
    statuses: table.statuses,
    senders: table.senders.map(({ pid, tid, comm }) => [pid, tid, comm]),
    shares: table.shares,
    evidence: summary.evidence,
    exact: [...exact].flatMap((row) => {
      const ns = table.latencyNs[row] ?? Number.NaN;
      return Number.isFinite(ns) ? [[row, ns] as const] : [];
    }),
  };
  const columns: Readonly<Record<keyof PageData["columns"], Uint8Array>> = {
    sent: encodeDeltas(table.sentUs),
    latency: encodeLatencies(table.latencyNs),
    state: encodeFixed(drawnStates(table, summary), 1),
    command: encodeFixed(table.command, widthFor(table.commands.length)),
    status: encodeFixed(table.status, widthFor(table.statuses.length)),
    sender: encodeFixed(table.sender, widthFor(table.senders.length)),
    share: encodeFixed(table.share, widthFor(table.shares.length)),
    messageId: encodeDeltas(table.messageId),
  };
  yield html`<script type="application/json" id="data">{"head":`;
  yield new Html(scriptJson(head));
  yield html`,"columns":{`;
  let first = true;
  for (const [name, column] of Object.entries(columns)) {
    yield new Html(`${first ? "" : ","}"${name}":"`);
    // The alphabet of columns.ts needs no escaping.
    yield column;
    yield html`"`;
    first = false;
  }
  yield html`}}</script>`;
}

// --- internal ---

function orNull(us: number): number | null {
  return Number.isNaN(us) ? null : us;
}

function triggerWords({ isSplit }: Summary): string {
  return isSplit ? "rule tripped" : "requested";
}

/** States as the plot draws them: an error reply that is not a failure is EVERYDAY. */
function drawnStates({ state }: RequestTable, { failed }: Summary): Uint8Array {
  return state.map((its, row) => (its === ERROR && failed[row] === 0 ? EVERYDAY : its));
}

function drawing(table: RequestTable, summary: Summary): Html {
  const levels = plotLevelsOf(table.latencyNs);
  const spanUs = Math.max(1, summary.frozenUs);
  const isKnown = !Number.isNaN(summary.trippedUs);
  const zeroUs = isKnown ? summary.trippedUs : summary.frozenUs;
  const zeroWords = isKnown ? triggerWords(summary) : "captured";
  const x = (us: number) => us / spanUs;
  const y = (ns: number) => (levels[1] - Math.log10(Math.max(ns, 1))) / (levels[1] - levels[0]);
  const shareX = (us: number) => `${(x(us) * 100).toFixed(2)}%`;
  const pxY = (ns: number) => (Math.min(1, Math.max(0, y(ns))) * HEIGHT).toFixed(1);
  const { usual, everyday, failures } = cells(table, drawnStates(table, summary), x, y);
  const open = openRows(table).slice(0, BARS_MAX);
  return html`<svg class="chart" height="${HEIGHT + LABELS}" width="100%" role="img" aria-label="${description(table)}">
${latencyTicks(levels).map(({ at }) => {
  const top = pxY(10 ** at);
  return html`<line class="grid" x1="0" x2="100%" y1="${top}" y2="${top}"/>`;
})}
${
  summary.completeSinceUs > 0 &&
  html`<rect class="unsure" width="${shareX(Math.min(summary.completeSinceUs, spanUs))}" height="${HEIGHT}"/>`
}
<svg width="100%" height="${HEIGHT}" viewBox="0 0 ${CELLS.across} ${CELLS.down}" preserveAspectRatio="none">${dots(everyday, "faint ")}${dots(usual)}${failures !== "" && html`<path class="dots bad" d="${new Html(failures)}"/>`}</svg>
${open.map((row) => {
  const top = pxY(table.latencyNs[row] ?? 0);
  return html`<line class="open" x1="${shareX(table.sentUs[row] ?? 0)}" x2="100%" y1="${top}" y2="${top}"/>`;
})}
${summary.evidence.filter((row) => !Number.isNaN(table.latencyNs[row])).map((row) => html`<circle class="evidence" cx="${shareX(table.sentUs[row] ?? 0)}" cy="${pxY(table.latencyNs[row] ?? 0)}" r="4"/>`)}
${latencyTicks(levels).map(
  ({ at, label }) =>
    at < levels[1] && html`<text class="tick" x="4" y="${Number(pxY(10 ** at)) - 4}">${label}</text>`,
)}
<line class="tripped" x1="${shareX(zeroUs)}" x2="${shareX(zeroUs)}" y1="0" y2="${HEIGHT}"/>
${timeTicks(-zeroUs, spanUs - zeroUs, 6).map(
  ({ at, label }) =>
    html`<text class="tick" x="${shareX(at + zeroUs)}" y="${HEIGHT + 16}" text-anchor="${anchorAt(x(at + zeroUs))}">${at === 0 ? zeroWords : label}</text>`,
)}
</svg>`;
}

function anchorAt(share: number): string {
  return share < 0.05 ? "start" : share > 0.93 ? "end" : "middle";
}

/** @param names classes of the style sheet in front of the colour, each with a space behind it. */
function dots(paths: readonly string[], names = ""): Html {
  return html`${paths.map(
    (path, hue) => path !== "" && html`<path class="dots ${names}c${hue}" d="${new Html(path)}"/>`,
  )}`;
}

/**
 * Paths by colour: each cell has the colour of its most frequent command. A cell with nothing but everyday answers is
 * in `everyday`, one with a failure in `failures` as well.
 */
function cells(
  table: RequestTable,
  states: Uint8Array,
  x: (us: number) => number,
  y: (ns: number) => number,
) {
  const size = CELLS.across * CELLS.down;
  const counts = new Uint16Array(size * HUE_COUNT);
  const failed = new Uint8Array(size);
  const hasUsual = new Uint8Array(size);
  const hues = table.commands.map(hueOf);
  for (let row = 0; row < table.count; row++) {
    const ns = table.latencyNs[row] ?? Number.NaN;
    if (!(ns > 0) || states[row] === IN_FLIGHT) continue;
    const across = Math.min(CELLS.across - 1, Math.floor(x(table.sentUs[row] ?? 0) * CELLS.across));
    const down = Math.min(CELLS.down - 1, Math.max(0, Math.floor(y(ns) * CELLS.down)));
    const cell = down * CELLS.across + across;
    const at = cell * HUE_COUNT + (hues[table.command[row] ?? 0] ?? HUE_COUNT - 1);
    counts[at] = Math.min(65_535, (counts[at] ?? 0) + 1);
    if (states[row] === ERROR) failed[cell] = 1;
    if (states[row] !== EVERYDAY) hasUsual[cell] = 1;
  }
  const usual: string[] = new Array(HUE_COUNT).fill("");
  const everyday: string[] = new Array(HUE_COUNT).fill("");
  let failures = "";
  for (let cell = 0; cell < size; cell++) {
    const here = counts.subarray(cell * HUE_COUNT, (cell + 1) * HUE_COUNT);
    const most = here.reduce((best, count, hue) => (count > (here[best] ?? 0) ? hue : best), 0);
    if ((here[most] ?? 0) === 0) continue;
    const mark = `M${cell % CELLS.across} ${Math.floor(cell / CELLS.across) + 0.5}h1`;
    (hasUsual[cell] === 1 ? usual : everyday)[most] += mark;
    if (failed[cell] === 1) failures += mark;
  }
  return { usual, everyday, failures };
}

/** Rows in flight with a known age, the oldest first. */
function openRows({ state, latencyNs, count }: RequestTable): readonly number[] {
  const open: number[] = [];
  for (let row = 0; row < count; row++)
    if (state[row] === IN_FLIGHT && !Number.isNaN(latencyNs[row])) open.push(row);
  return open.sort((a, b) => (latencyNs[b] ?? 0) - (latencyNs[a] ?? 0));
}

function description({ count, state, latencyNs }: RequestTable): string {
  const known = latencyNs.filter((ns) => ns > 0);
  const open = state.filter((its) => its === IN_FLIGHT).length;
  known.sort();
  const span =
    known.length === 0 ? "" : `, from ${duration(known[0] as number)} to ${duration(known.at(-1) as number)}`;
  return `${counted(count, "request")} by time and latency${span}; ${open === 0 ? "none" : figureText(open)} in flight. The tables below have the figures.`;
}

function unknownWords({ count, latencyNs }: RequestTable): string {
  const unknown = count - latencyNs.filter((ns) => ns > 0).length;
  if (unknown === 0) return "";
  return `The latency of ${counted(unknown, "request")} is not known: ${unknown === 1 ? "it is" : "they are"} not drawn. `;
}

function legend(table: RequestTable, summary: Summary): Html {
  const { evidence } = summary;
  const hasEveryday = drawnStates(table, summary).includes(EVERYDAY);
  const byHue = Map.groupBy(table.commands, hueOf);
  const hues = [...byHue].sort(([a], [b]) => a - b);
  return html`<ul class="legend">${hues.map(
    ([hue, commands]) =>
      html`<li>${swatch(`c${hue}`)}${commands.length > 3 ? "others" : commands.map(shortCommand).join(", ")}</li>`,
  )}<li>${swatch("bad")}failed</li>${hasEveryday && html`<li>${swatch("faint c7")}${EVERYDAY_WORDS}</li>`}<li><svg class="swatch" width="16" height="10" aria-hidden="true"><line class="open" x1="0" x2="16" y1="5" y2="5"/></svg>no reply yet</li>${evidence.length > 0 && html`<li><svg class="swatch" width="12" height="12" aria-hidden="true"><circle class="evidence" cx="6" cy="6" r="4"/></svg>tripped the rule</li>`}</ul>`;
}
