// Requests without a reply, oldest first, with their age. If a row of the table is selected, only its requests; a last
// line counts those that the document does not list.

import type { Live, LiveOpen } from "../api/live.ts";
import { countText, durationText } from "../model/figure.ts";
import { clip, fit, type Glyphs, harmless, type Line, span } from "./line.ts";
import type { TopState } from "./state.ts";

const AGE_COLUMNS = 8;
/** The longest pid of Linux. */
const PID_COLUMNS = 7;
/** From this age on, a request stands out. */
const LONG_MS = 1000;
const NOT_SENT = "not sent yet";

/** Whether a request in flight belongs to a row of the table. */
const BELONGS: Readonly<Record<TopState["group"], (open: LiveOpen, key: string) => boolean>> = {
  share: ({ share }, key) => share === key,
  command: ({ command }, key) => command === key,
  // A task may have another name than its process, so the process is identified by its id.
  process: ({ pid }, key) => key.endsWith(`(${pid})`),
};

/** @param height lines, including the title. */
export function inFlightLines(
  state: TopState,
  columns: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const all = state.live?.in_flight ?? [];
  const { chosen, group } = state;
  const shown = chosen === undefined ? all : all.filter((open) => BELONGS[group](open, chosen));
  const count = countOf(state, shown);
  const widths = widthsFor(columns);
  return [
    title(chosen, count, columns, glyphs),
    ...shown.map((open) => openLine(open, widths, glyphs)),
    ...restLines(state.live, count, shown.length, columns),
  ].slice(0, height);
}

/** A row counts all its requests; operations that are not sent yet are listed but belong to no row. */
function countOf({ live, chosen, group }: TopState, shown: readonly LiveOpen[]): number {
  if (chosen === undefined) return live?.in_flight_total ?? 0;
  const row = live?.groups[group].find(({ key }) => key === chosen);
  return Math.max(shown.length, row?.in_flight ?? 0);
}

/** The document lists the oldest of all requests; there may be none of the selected row among them. */
function restLines(live: Live | undefined, count: number, shown: number, columns: number): readonly Line[] {
  if (live === undefined) return [];
  const rest = count - shown;
  const text = `${countText(rest)} ${rest === 1 ? "is" : "are"} not among the ${live.in_flight.length} listed`;
  if (rest > 0) return [clip([span(`  ${text}`)], columns)];
  return shown > 0 ? [] : [clip([span("  no request waits for a reply", "faint")], columns)];
}

function title(chosen: string | undefined, count: number, columns: number, glyphs: Glyphs): Line {
  const of = chosen === undefined ? "" : ` of ${harmless(chosen, glyphs)}`;
  const order = count > 1 ? ", oldest first" : "";
  const room = columns - Bun.stringWidth(`IN FLIGHT  ${countText(count)}${order}`);
  const name = room < 4 ? "" : fit(of, Math.min(room, Bun.stringWidth(of)), glyphs, "left", "ends");
  return clip(
    [span("IN FLIGHT", "title"), span(` ${countText(count)}`, "strong"), span(`${name}${order}`, "faint")],
    columns,
  );
}

interface Widths {
  readonly command: number;
  readonly share: number;
  readonly who: number;
}

function widthsFor(columns: number): Widths {
  const room = Math.max(0, columns - AGE_COLUMNS - 3);
  const command = Math.min(15, Math.floor(room * 0.26));
  const who = Math.min(24, Math.max(PID_COLUMNS, Math.floor(room * 0.38)));
  return { command, who, share: Math.max(0, room - command - who) };
}

function openLine(open: LiveOpen, widths: Widths, glyphs: Glyphs): Line {
  const { age_ms, command, share, comm, pid, waits_by_design: mayBlock } = open;
  const name = command === null ? NOT_SENT : harmless(command.replace(/^SMB2_/, ""), glyphs);
  const who = whoText(harmless(comm, glyphs), pid, widths.who, glyphs);
  const style = mayBlock ? "faint" : "plain";
  return [
    span(
      fit(durationText(age_ms), AGE_COLUMNS, glyphs, "right"),
      age_ms >= LONG_MS && !mayBlock ? "strong" : style,
    ),
    span(` ${fit(name, widths.command, glyphs)}`, style),
    span(` ${fit(harmless(share, glyphs), widths.share, glyphs, "left", "ends")}`, style),
    span(` ${who}`, style),
  ];
}

/** The pid is never cut: the user types it next. */
function whoText(comm: string, pid: number, columns: number, glyphs: Glyphs): string {
  const id = ` (${pid})`;
  const room = columns - id.length;
  if (room < 2) return fit(String(pid), columns, glyphs);
  return fit(fit(comm, Math.min(room, Bun.stringWidth(comm)), glyphs) + id, columns, glyphs);
}
