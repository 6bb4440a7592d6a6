// What changed since all was well: the client's counters and connections, and the kernel's network counters. In: the texts of the
// actions stats-delta and netstat; out: HTML tables. A line that fits no form is shown as it is.

import { type Html, html } from "./html.ts";

/** Of each text: the whole of it is among the raw files. */
const LINES_MAX = 400;

const SOURCES = [
  { file: "actions/stats-delta.log", title: "SMB client" },
  { file: "actions/netstat.log", title: "Network counters" },
] as const;

export function changesSection(textOf: (file: string) => string | undefined): Html {
  const parts = SOURCES.flatMap(({ file, title }) => {
    const text = textOf(file);
    return text === undefined || text.trim() === "" ? [] : [changeTable(title, text)];
  });
  if (parts.length === 0) return html``;
  return html`<section aria-labelledby="changes"><h2 id="changes">What changed</h2>${parts}</section>`;
}

// --- internal ---

function changeTable(title: string, text: string): Html {
  const [first = "", ...lines] = text.trimEnd().split("\n", LINES_MAX);
  const isCompared = first.startsWith("compared with") || lines[0]?.startsWith("compared with");
  if (!isCompared)
    return html`<h3>${title}</h3><p class="note">There was no earlier sample to compare with; the figures as they were are among the raw files.</p>`;
  return html`<h3>${title}</h3><p class="note">${first}</p><div class="scroll" tabindex="0" role="region" aria-label="${title}: what changed"><table class="changes"><thead class="hidden"><tr><th scope="col">What</th><th scope="col">Change</th></tr></thead><tbody>${lines.filter((line) => line.trim() !== "").map(changeRow)}</tbody></table></div>`;
}

function changeRow(line: string): Html {
  const [, name = "", difference = "", values = ""] =
    /^ *(\S.*?) {2,}([+-]?\d[\d, +-]*)(?: {2}\((.*)\))?$/.exec(line) ?? [];
  if (name !== "")
    return html`<tr><td>${name}</td><td class="figure"><strong>${difference}</strong> <span class="soft">${values.replace("->", "→")}</span></td></tr>`;
  const [, when = "", state = ""] = /^ {4}(then|now): +(.*)$/.exec(line) ?? [];
  if (when !== "") return html`<tr><td class="indent soft">${when}</td><td>${state}</td></tr>`;
  return html`<tr><th scope="rowgroup" colspan="2">${line.trim()}</th></tr>`;
}
