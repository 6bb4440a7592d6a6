// What changed since the baseline: the client's counters and connections, and the kernel's network counters, from the
// texts of the actions stats-delta and netstat, of any origin. The number of lines is bounded; a line of unknown form
// is shown as it is.

import { type Html, html } from "./html.ts";
import { counted } from "./words.ts";

/** Limits of each text and each line. The page says how much is left out; the capture has all of it. */
const LINES_MAX = 400;
const LINE_MAX_BYTES = 400;

const SOURCES = [
  { file: "actions/stats-delta.log", title: "SMB client" },
  { file: "actions/netstat.log", title: "Network counters" },
] as const;

export function changesSection(files: ReadonlyMap<string, Uint8Array>): Html {
  const parts = SOURCES.flatMap(({ file, title }) => {
    const { lines, leftOut } = linesOf(files.get(file) ?? new Uint8Array(0));
    return lines.length === 0 ? [] : [changeTable(title, lines), leftOutNote(file, leftOut)];
  });
  if (parts.length === 0) return html``;
  return html`<section aria-labelledby="changes"><h2 id="changes">What changed</h2>${parts}</section>`;
}

/** A line of a comparison: a name, its difference, and the old and new values if the line has them. */
export interface Change {
  readonly name: string;
  readonly difference: string;
  readonly values: string;
}

/** Undefined for any other line. The line is parsed from its end, because a name may contain anything. */
export function parseChange(line: string): Change | undefined {
  const bracket = line.endsWith(")") ? line.lastIndexOf("  (") : -1;
  const counter = bracket < 0 ? line : line.slice(0, bracket);
  const gap = counter.lastIndexOf("  ");
  const name = counter.slice(0, Math.max(0, gap)).trim();
  const difference = counter.slice(gap + 2);
  if (name === "" || !/^[+-]?\d[\d, +-]*$/.test(difference)) return undefined;
  return { name, difference, values: bracket < 0 ? "" : line.slice(bracket + 3, -1) };
}

// --- internal ---

/** The first lines that are not empty, and the number of further ones. */
function linesOf(content: Uint8Array): { readonly lines: readonly string[]; readonly leftOut: number } {
  const lines: string[] = [];
  let leftOut = 0;
  for (let at = 0; at < content.length; ) {
    const next = content.indexOf(LINE_FEED, at);
    const end = next < 0 ? content.length : next;
    if (lines.length === LINES_MAX) leftOut++;
    else {
      const shown = new TextDecoder().decode(content.subarray(at, Math.min(end, at + LINE_MAX_BYTES)));
      if (shown.trim() !== "") lines.push(end - at > LINE_MAX_BYTES ? `${shown}…` : shown);
    }
    at = end + 1;
  }
  return { lines, leftOut };
}

const LINE_FEED = 10;

function changeTable(title: string, lines: readonly string[]): Html {
  // A line about a missing sample comes before the line about the sample that was used instead.
  const compared = lines.slice(0, 2).findIndex((line) => line.startsWith("compared with"));
  if (compared < 0) {
    const [why = ""] = lines;
    return html`<h3>${title}</h3><p class="note">${why.startsWith("the sample of ") && html`${why}. `}There was no earlier sample to compare with; the raw files have the figures at the time of the capture.</p>`;
  }
  const notes = lines.slice(0, compared + 1);
  return html`<h3>${title}</h3>${notes.map((note) => html`<p class="note">${note}</p>`)}<div class="scroll" tabindex="0" role="region" aria-label="${title}: what changed"><table class="changes"><thead class="hidden"><tr><th scope="col">What</th><th scope="col">Change</th></tr></thead><tbody>${lines.slice(compared + 1).map(changeRow)}</tbody></table></div>`;
}

function leftOutNote(file: string, leftOut: number): Html {
  if (leftOut === 0) return html``;
  return html`<p class="cut">${counted(leftOut, "more line")} left out here; the capture has them in <code>${file}</code></p>`;
}

function changeRow(line: string): Html {
  const change = parseChange(line);
  if (change !== undefined)
    return html`<tr><td>${change.name}</td><td class="figure"><strong>${change.difference}</strong> <span class="soft">${change.values.replace("->", "→")}</span></td></tr>`;
  const [, when = "", state = ""] = /^ {4}(then|now): +(.*)$/.exec(line) ?? [];
  if (when !== "") return html`<tr><td class="indent soft">${when}</td><td>${state}</td></tr>`;
  return html`<tr><th scope="rowgroup" colspan="2">${line.trim()}</th></tr>`;
}
