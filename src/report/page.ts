// One page of HTML about one capture, of any origin. The page comes in chunks of bytes and is the same for the same
// input. It loads nothing: style and script are in it, allowed by their hashes, and everything else is forbidden. Pure.

import script from "../../build/report/page.js.txt" with { type: "text" };
import style from "../../build/report/style.css.txt" with { type: "text" };
import { changesSection } from "./changes-section.ts";
import { actionsSection, filesSection, hasFiles, recorderSection } from "./collected-section.ts";
import { evidenceSection } from "./evidence-section.ts";
import { Html, html } from "./html.ts";
import { incidentSection } from "./incident-section.ts";
import { latencySection } from "./latency-section.ts";
import { type ManifestFacts, readManifestFacts } from "./manifest-facts.ts";
import { dataChunks, plotSection } from "./plot-section.ts";
import type { RequestTable } from "./request-table.ts";
import { type Summary, summarize } from "./summary.ts";
import { ticketText } from "./ticket.ts";
import { headline, verdictSection } from "./verdict-section.ts";
import { waitingSection, worstSection } from "./waiting-section.ts";
import { duration } from "./words.ts";

export interface ReportInput {
  /** Name of the capture, without its suffix. */
  readonly name: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly requests: RequestTable;
  /** By path inside the capture. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The page in chunks of UTF-8. */
export function* reportChunks(input: ReportInput): Generator<Uint8Array, void, void> {
  const encoder = new TextEncoder();
  for (const piece of page(input)) {
    const bytes = piece instanceof Html ? encoder.encode(piece.text) : piece;
    if (bytes.length > 0) yield bytes;
  }
}

// --- internal ---

const SECTIONS: readonly (readonly [string, string])[] = [
  ["verdict", "Verdict"],
  ["evidence", "Evidence"],
  ["requests", "Every request"],
  ["incident", "What happened"],
  ["latencies", "Latencies"],
  ["waiting", "Processes"],
  ["worst", "Slowest"],
  ["changes", "Changes"],
  ["files", "Files"],
];

function* page({ name, manifest, requests, files }: ReportInput): Generator<Html | Uint8Array> {
  const facts = readManifestFacts(manifest);
  const summary = summarize(requests, facts);
  const body = [
    verdictSection(facts, requests, summary),
    evidenceSection(facts),
    plotSection(requests, summary),
    incidentSection(facts, requests, summary),
    latencySection(summary),
    waitingSection(summary),
    worstSection(requests, summary),
    changesSection(files),
    actionsSection(facts),
    recorderSection(facts, completeness(requests, summary)),
  ];
  const isThere = (id: string) =>
    id === "files" ? hasFiles(files) : body.some(({ text }) => text.includes(`id="${id}"`));
  yield head(name, facts);
  yield html`<header class="top"><p class="brand"><strong>aod</strong> <span class="soft">report of</span> <bdi class="name">${name}</bdi></p><span class="buttons"><button type="button" id="copy" hidden>Copy as text for a ticket</button><button type="button" id="theme" hidden>Dark</button></span></header>
<pre id="ticket" class="ticket" hidden>${ticketText(name, requests.count, facts, summary)}</pre>
<nav aria-label="Sections"><ul>${SECTIONS.filter(([id]) => isThere(id)).map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main>`;
  yield* body;
  yield* filesSection(files);
  yield html`</main>
<footer><p>${facts.aod_version && `Made from a capture of aod ${facts.aod_version}. `}This page is self-contained and loads nothing. It names programs, servers and shares: check who may see them before you share it.</p></footer>`;
  yield* dataChunks(requests, summary);
  yield new Html(`<script>${script}</script>\n</body></html>\n`);
}

function head(name: string, facts: ManifestFacts): Html {
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${headline(facts)} – ${name}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
`;
}

function hashOf(text: string): string {
  return `sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}`;
}

function completeness({ count }: RequestTable, { completeSinceUs, frozenUs }: Summary): string {
  if (!Number.isFinite(completeSinceUs)) return "It is not known since when the requests are complete.";
  if (completeSinceUs <= 0 && count > 0) return "No request is missing.";
  return `No request of the last ${duration((frozenUs - completeSinceUs) * 1000)} is missing; earlier ones may be.`;
}
