// The requests that tripped the rule, one row each, or the hanging requests in a capture on demand. This table comes
// before all other requests. It decides nothing: the rows are the manifest's evidence.

import { statusName } from "../model/nt-status.ts";
import { type Html, html } from "./html.ts";
import type { ManifestFacts } from "./manifest-facts.ts";
import { parseUtcUs } from "./request-table.ts";
import { swatchOf } from "./swatch.ts";
import { clock, counted, duration, shortCommand } from "./words.ts";

type Evidence = ManifestFacts["evidence"][number];

/** More rows would push the plot down the page. */
const ROWS_MAX = 12;

export function evidenceSection({ evidence, trigger }: ManifestFacts): Html {
  if (evidence.length === 0) return html``;
  const rest = evidence.length - ROWS_MAX;
  const title = trigger === "manual" ? "Hanging requests" : "Requests that tripped the rule";
  return html`<section aria-labelledby="evidence">
<h2 id="evidence">${title}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of the requests in evidence"><table>
<thead><tr><th scope="col" class="figure">Latency</th><th scope="col">Command</th><th scope="col">Status</th><th scope="col">Sent (UTC)</th><th scope="col">Process</th><th scope="col">Share</th></tr></thead>
<tbody>${evidence.slice(0, ROWS_MAX).map(evidenceRow)}</tbody></table></div>
${rest > 0 && html`<p class="note">${counted(rest, "more row")} ${rest === 1 ? "is" : "are"} in manifest.json.</p>`}
</section>`;
}

// --- internal ---

/** States in words, for a row without a status. */
const STATE_WORDS: ReadonlyMap<string, string> = new Map([
  ["in_flight", "no reply yet"],
  ["lost", "closed without a reply"],
  ["waiting", "not sent yet"],
  ["signal", "reported"],
  ["done", "ok"],
]);

function evidenceRow(one: Evidence): Html {
  const { latency_ns, state, command, time_utc, pid, comm, share } = one;
  const isOpen = state === "in_flight" || state === "waiting";
  const took = latency_ns === null ? "–" : `${isOpen ? "≥ " : ""}${duration(latency_ns)}`;
  const what = command === "" ? "operation" : shortCommand(command);
  return html`<tr><th scope="row" class="figure">${took}</th><td>${swatchOf(command)}${what}</td><td>${statusCell(one)}</td><td class="figure left">${clock(parseUtcUs(time_utc) / 1000)}</td><td><bdi class="name">${comm || "?"}</bdi> <span class="soft">${Number.isNaN(pid) ? "" : pid}</span></td><td><bdi class="name">${share || "not known"}</bdi></td></tr>`;
}

/** The name of the status of a refusal, or the errno of an operation that failed without a request. */
function statusCell({ state, nt_status, errno }: Evidence): Html {
  const ntStatus = Number(nt_status === "" ? 0 : nt_status);
  if (state === "error" && ntStatus > 0) return html`<code class="worse">${statusName(ntStatus)}</code>`;
  if (state === "error" || errno !== "") return html`<code class="worse">${errno || "failed"}</code>`;
  const words = STATE_WORDS.get(state) ?? "not known";
  return state === "in_flight" ? html`<span class="worse">${words}</span>` : html`${words}`;
}
