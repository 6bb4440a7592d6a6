// The report as plain text for a ticket: headline, reasons, advice, the requests in evidence and the figures. Pure. The
// page has it in a hidden element, from which its script copies it.

import { mainMeaning } from "../model/headline.ts";
import { statusName } from "../model/nt-status.ts";
import type { ManifestFacts } from "./manifest-facts.ts";
import { parseUtcUs } from "./request-table.ts";
import type { Summary } from "./summary.ts";
import { headline, kickerText, tilesOf } from "./verdict-section.ts";
import { CAUSE_WORDS, confidenceWords } from "./verdict-words.ts";
import { clock, counted, duration, shortCommand } from "./words.ts";

/** A ticket is to be read at a glance; the page has the others. */
const REQUESTS_MAX = 5;

/** @param name of the capture, without its suffix. @param count of all recorded requests. */
export function ticketText(name: string, count: number, facts: ManifestFacts, summary: Summary): string {
  const { verdict, evidence, statuses } = facts;
  const cause = verdict?.cause ?? "unknown";
  const isSure = verdict !== null && cause !== "unknown" && !Number.isNaN(verdict.confidence);
  const sure = isSure
    ? ` (${confidenceWords(verdict.confidence)}, ${Math.round(verdict.confidence * 100)} %)`
    : "";
  const rest = evidence.length - REQUESTS_MAX;
  const lines = [
    `${headline(facts)}${sure}`,
    kickerText(facts),
    `Capture: ${name}`,
    ...section(
      "Why",
      (verdict?.because ?? []).map((reason) => `- ${reason}`),
    ),
    ...section("What to do next", [mainMeaning(statuses)?.advice ?? CAUSE_WORDS[cause].next]),
    ...section(facts.trigger === "manual" ? "Hanging requests" : "Requests that tripped the rule", [
      ...evidence.slice(0, REQUESTS_MAX).map(requestLine),
      ...(rest > 0 ? [`- ${counted(rest, "more request")} in the capture`] : []),
    ]),
    ...section(
      "Figures",
      tilesOf(count, summary).map(([title, value, note]) => `- ${title}: ${value} (${note})`),
    ),
  ];
  return `${lines.join("\n").replaceAll("\u00a0", " ")}\n`;
}

// --- internal ---

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines];
}

function requestLine(one: ManifestFacts["evidence"][number]): string {
  const { latency_ns, state, command, time_utc, pid, comm, share } = one;
  const isOpen = state === "in_flight" || state === "waiting";
  const took = latency_ns === null ? "" : `${isOpen ? "≥ " : ""}${duration(latency_ns)}`;
  const sent = clock(parseUtcUs(time_utc) / 1000);
  const process = comm === "" ? "" : `${comm}${Number.isNaN(pid) ? "" : ` (${pid})`}`;
  const parts = [
    command === "" ? "operation" : shortCommand(command),
    took,
    outcomeOf(one),
    sent === "" ? "" : `sent ${sent} UTC`,
    process === "" ? "" : `by ${process}`,
    share === "" ? "" : `to ${share}`,
  ];
  return `- ${parts.filter((part) => part !== "").join(", ")}`;
}

function outcomeOf({ state, nt_status, errno }: ManifestFacts["evidence"][number]): string {
  const ntStatus = Number(nt_status === "" ? 0 : nt_status);
  if (state === "error" && ntStatus > 0) return statusName(ntStatus);
  if (state === "in_flight" || state === "waiting") return "no reply yet";
  return errno;
}
