// What was collected, how that went, and the texts themselves, folded. In: facts and the capture's files; out: HTML in pieces, one a
// file, so that large ones never become one string. A text that is too long is cut in the middle, and says so.

import { bytesText } from "../model/figure.ts";
import { type Html, html } from "./html.ts";
import type { ManifestFacts } from "./manifest-facts.ts";
import { counted, countText, duration } from "./words.ts";

/** Of one file, and of all: the capture has all of them whole. */
const FILE_MAX_BYTES = 64 << 10;
const ALL_MAX_BYTES = 512 << 10;
/** These are what the page shows anyway, or no text. */
const NOT_SHOWN = /^(manifest\.json|requests\.csv|report\.html)$|\.pcap$/;

/** What did not go well: a mark, and words. A map: a manifest may say `constructor`. */
const STATUS_WORDS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["failed", ["✗", "failed"]],
  ["timed_out", ["⏱", "timed out"]],
  ["truncated", ["✂", "cut"]],
  ["missing", ["–", "left out"]],
]);

export function actionsSection({ actions }: ManifestFacts): Html {
  if (actions === null)
    return html`<section aria-labelledby="actions"><h2 id="actions">What was collected</h2><p>The manifest does not say it.</p></section>`;
  if (actions.length === 0) return html``;
  const bad = actions.filter(({ status }) => status !== "ok").length;
  return html`<section aria-labelledby="actions">
<h2 id="actions">What was collected</h2>
<p class="lead">${counted(actions.length, "action")}, ${bad === 0 ? "all well" : `${bad} of them not as they should be`}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Actions"><table>
<thead><tr><th scope="col">Action</th><th scope="col">Outcome</th><th scope="col" class="figure">took</th><th scope="col" class="figure">size</th><th scope="col">Remark</th></tr></thead>
<tbody>${actions.map(
    ({ name, status, duration_ms, bytes, reason, exit_code }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${
        status === "ok"
          ? html`<span class="good">✓ ok</span>`
          : html`<span class="worse">${(STATUS_WORDS.get(status) ?? ["!", status || "not known"]).join(" ")}</span>`
      }</td><td class="figure">${status !== "missing" && duration(duration_ms * 1e6)}</td><td class="figure">${status !== "missing" && sizeText(bytes)}</td><td>${reason}${
        exit_code !== null && exit_code !== 0 && ` (exit code ${exit_code})`
      }</td></tr>`,
  )}</tbody></table></div>
</section>`;
}

/** Whether there is a section of files. */
export function hasFiles(files: ReadonlyMap<string, Uint8Array>): boolean {
  return shownFiles(files).length > 0;
}

export function* filesSection(files: ReadonlyMap<string, Uint8Array>): Generator<Html> {
  const shown = shownFiles(files);
  if (shown.length === 0) return;
  yield html`<section aria-labelledby="files"><h2 id="files">The files themselves</h2>
<p class="lead">As they are in the capture; what is long is cut in the middle.</p>`;
  let leftBytes = ALL_MAX_BYTES;
  for (const [path, content] of shown) {
    const piece = cut(content, Math.min(FILE_MAX_BYTES, leftBytes));
    leftBytes -= Math.min(content.length, FILE_MAX_BYTES, leftBytes);
    yield html`<details><summary><code>${path}</code> <span class="soft">${sizeText(content.length)}</span></summary>${piece}</details>`;
  }
  yield html`</section>`;
}

/** What is complete and what was lost. */
export function recorderSection(
  { recorder, losses, scrubbed, source }: ManifestFacts,
  completeSince: string,
): Html {
  const lost = losses?.filter(({ value }) => value > 0);
  return html`<section aria-labelledby="complete">
<h2 id="complete">How complete this is</h2>
<ul class="plain">
<li>${counted(recorder.records, "request")} recorded${recorder.oldest_ms !== null && `, the oldest sent ${duration(recorder.oldest_ms * 1e6)} before the capture`}.</li>
<li>${completeSince}</li>
<li>${evictedWords(recorder.evicted)}</li>
<li>${
    lost === undefined
      ? "What else was lost is not known."
      : lost.length === 0
        ? "Nothing else was lost since aod started."
        : html`Lost since aod started: ${lost.map(({ name, value }, i) => html`${i > 0 && ", "}<code>${name}</code> ${countText(value)}`)}.`
  }</li>
<li>${scrubbedWords(scrubbed)} Look at it yourself before you pass it on.</li>
${source === "demo" && html`<li>The traffic is synthetic: <code>aod demo</code> made it.</li>`}
</ul></section>`;
}

// --- internal ---

function shownFiles(files: ReadonlyMap<string, Uint8Array>): readonly (readonly [string, Uint8Array])[] {
  return [...files].filter(([path]) => !NOT_SHOWN.test(path));
}

function evictedWords(evicted: number): string {
  if (Number.isNaN(evicted)) return "Whether open requests lost their place in the recorder is not known.";
  if (evicted === 0) return "No open request lost its place in the recorder.";
  return `${counted(evicted, "open request")} lost ${evicted === 1 ? "its" : "their"} place in the recorder since aod started.`;
}

function scrubbedWords(scrubbed: number): string {
  if (Number.isNaN(scrubbed)) return "Whether secrets were taken out of it is not known.";
  if (scrubbed === 0) return "No secret was found in it.";
  return `${counted(scrubbed, "secret")} ${scrubbed === 1 ? "was" : "were"} taken out of it.`;
}

function sizeText(bytes: number): string {
  return Number.isNaN(bytes) ? "not known" : bytesText(bytes);
}

function cut(content: Uint8Array, mostBytes: number): Html {
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (content.length === 0) return html`<p class="note">There was nothing to print.</p>`;
  if (content.length <= mostBytes) return html`<pre tabindex="0">${decode(content)}</pre>`;
  if (mostBytes < 1024)
    return html`<p class="note">Not shown: this page has no room for it. The capture has it.</p>`;
  const { headEnd, tailStart } = chooseCut(content, mostBytes >> 1);
  const [head, tail] = [content.subarray(0, headEnd), content.subarray(tailStart)].map(decode);
  return html`<pre tabindex="0">${head}</pre><p class="cut">${sizeText(tailStart - headEnd)} left out here; the capture has them</p><pre tabindex="0">${tail}</pre>`;
}

/** Where lines end, unless one is so long that little would be left; then between characters. */
function chooseCut(content: Uint8Array, half: number): { headEnd: number; tailStart: number } {
  const lineEnd = content.lastIndexOf(LINE_FEED, half - 1) + 1;
  const from = content.length - half;
  const lineStart = content.indexOf(LINE_FEED, from - 1) + 1;
  const isLong = (cutBytes: number) => cutBytes > half >> 1;
  return {
    headEnd: isLong(half - lineEnd) ? characterStart(content, half) : lineEnd,
    tailStart: lineStart === 0 || isLong(lineStart - from) ? characterStart(content, from) : lineStart,
  };
}

/** The same place, or the start of the UTF-8 character around it. */
function characterStart(content: Uint8Array, at: number): number {
  let start = at;
  while (start > at - 4 && ((content[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}

const LINE_FEED = 10;
