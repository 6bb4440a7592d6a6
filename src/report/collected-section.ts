// What was collected, how that went, and the texts themselves, folded. In: facts and the capture's files; out: HTML in pieces, one a
// file, so that large ones never become one string. A text that is too long is cut in the middle, and says so.

import type { Facts } from "./facts.ts";
import { type Html, html } from "./html.ts";
import { amount, counted, duration, size } from "./words.ts";

/** Of one file, and of all: the capture has all of them whole. */
const FILE_MAX_BYTES = 64 << 10;
const ALL_MAX_BYTES = 512 << 10;
/** These are what the page shows anyway, or no text. */
const NOT_SHOWN = /^(manifest\.json|requests\.csv|report\.html)$|\.pcap$/;

const STATUS_WORDS: Readonly<Record<string, string>> = {
  ok: "ok",
  failed: "failed",
  timed_out: "timed out",
  truncated: "cut",
  missing: "left out",
};

export function actionsSection({ actions }: Facts): Html {
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
          : html`<span class="worse">${MARKS[status] ?? "!"} ${STATUS_WORDS[status] ?? status}</span>`
      }</td><td class="figure">${status !== "missing" && duration(duration_ms * 1e6)}</td><td class="figure">${status !== "missing" && size(bytes)}</td><td>${reason}${
        exit_code !== null && exit_code !== 0 && ` (exit code ${exit_code})`
      }</td></tr>`,
  )}</tbody></table></div>
</section>`;
}

export function* filesSection(files: ReadonlyMap<string, Uint8Array>): Generator<Html> {
  const shown = [...files].filter(([path]) => !NOT_SHOWN.test(path));
  if (shown.length === 0) return;
  yield html`<section aria-labelledby="files"><h2 id="files">The files themselves</h2>
<p class="lead">As they are in the capture; what is long is cut in the middle.</p>`;
  let leftBytes = ALL_MAX_BYTES;
  for (const [path, content] of shown) {
    const piece = cut(content, Math.min(FILE_MAX_BYTES, leftBytes));
    leftBytes -= Math.min(content.length, FILE_MAX_BYTES, leftBytes);
    yield html`<details><summary><code>${path}</code> <span class="soft">${size(content.length)}</span></summary>${piece}</details>`;
  }
  yield html`</section>`;
}

/** What is complete and what was lost. */
export function recorderSection({ recorder, losses, scrubbed, source }: Facts, completeSince: string): Html {
  const lost = losses.filter(({ value }) => value > 0);
  return html`<section aria-labelledby="complete">
<h2 id="complete">How complete this is</h2>
<ul class="plain">
<li>${counted(recorder.records, "request")} recorded${recorder.oldest_ms !== null && `, the oldest sent ${duration(recorder.oldest_ms * 1e6)} before the capture`}.</li>
<li>${completeSince}</li>
<li>${recorder.evicted === 0 ? "No open request lost its place in the recorder." : `${counted(recorder.evicted, "open request")} lost ${recorder.evicted === 1 ? "its" : "their"} place in the recorder since aod started.`}</li>
<li>${
    lost.length === 0
      ? "Nothing else was lost since aod started."
      : html`Lost since aod started: ${lost.map(({ name, value }, i) => html`${i > 0 && ", "}<code>${name}</code> ${amount(value)}`)}.`
  }</li>
<li>${scrubbed === 0 ? "No secret was found in it." : `${counted(scrubbed, "secret")} ${scrubbed === 1 ? "was" : "were"} taken out of it.`} Look at it yourself before you pass it on.</li>
${source === "demo" && html`<li>The traffic is synthetic: <code>aod demo</code> made it.</li>`}
</ul></section>`;
}

// --- internal ---

const MARKS: Readonly<Record<string, string>> = { failed: "✗", timed_out: "⏱", truncated: "✂", missing: "–" };

function cut(content: Uint8Array, mostBytes: number): Html {
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (content.length === 0) return html`<p class="note">There was nothing to print.</p>`;
  if (content.length <= mostBytes) return html`<pre tabindex="0">${decode(content)}</pre>`;
  if (mostBytes < 1024)
    return html`<p class="note">Not shown: this page has no room for it. The capture has it.</p>`;
  const half = mostBytes >> 1;
  const head = decode(content.subarray(0, content.lastIndexOf(10, half) + 1 || half));
  const from = content.length - half;
  const tail = decode(content.subarray(content.indexOf(10, from) + 1 || from));
  return html`<pre tabindex="0">${head}</pre><p class="cut">${size(content.length - 2 * half)} left out here; the capture has them</p><pre tabindex="0">${tail}</pre>`;
}
