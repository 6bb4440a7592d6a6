// Requests without a reply, oldest first, with their age: a state in, lines out. Where a row of the table is chosen,
// only what belongs to it.

import type { LiveOpen } from "../api/live.ts";
import { countText, durationText } from "../model/figure.ts";
import { clip, fit, type Glyphs, harmless, type Line, span } from "./line.ts";
import type { TopState } from "./state.ts";

const AGE_COLUMNS = 8;
/** Linux has no longer ones. */
const PID_COLUMNS = 7;
/** An age that is worth a look. */
const LONG_MS = 1000;
const NOT_SENT = "not sent yet";

/** Whether one that is in flight belongs to a row of the table. */
const BELONGS: Readonly<Record<TopState["group"], (open: LiveOpen, key: string) => boolean>> = {
  share: ({ share }, key) => share === key,
  command: ({ command }, key) => command === key,
  // Tasks have names of their own: the process is told by its id.
  process: ({ pid }, key) => key.endsWith(`(${pid})`),
};

/** @param height lines, the title's included. */
export function inFlightLines(
  state: TopState,
  columns: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const all = state.live?.in_flight ?? [];
  const { chosen, group } = state;
  const shown = chosen === undefined ? all : all.filter((open) => BELONGS[group](open, chosen));
  const total = state.live?.in_flight_total ?? 0;
  const widths = widthsFor(columns);
  return [
    title(chosen, shown, total, columns, glyphs),
    ...(shown.length === 0
      ? [clip([span(state.live === undefined ? "" : "  nothing waits for a reply", "faint")], columns)]
      : shown.slice(0, height - 1).map((open) => openLine(open, widths, glyphs))),
  ];
}

function title(
  chosen: string | undefined,
  shown: readonly LiveOpen[],
  total: number,
  columns: number,
  glyphs: Glyphs,
): Line {
  const count = chosen === undefined ? total : shown.length;
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
  const { age_ms, command, share, comm, pid, waits_by_design: patient } = open;
  const name = command === null ? NOT_SENT : harmless(command.replace(/^SMB2_/, ""), glyphs);
  const who = whoText(harmless(comm, glyphs), pid, widths.who, glyphs);
  const style = patient ? "faint" : "plain";
  return [
    span(
      fit(durationText(age_ms), AGE_COLUMNS, glyphs, "right"),
      age_ms >= LONG_MS && !patient ? "strong" : style,
    ),
    span(` ${fit(name, widths.command, glyphs)}`, style),
    span(` ${fit(harmless(share, glyphs), widths.share, glyphs, "left", "ends")}`, style),
    span(` ${who}`, style),
  ];
}

/** The pid stays whole: it is what is typed next. */
function whoText(comm: string, pid: number, columns: number, glyphs: Glyphs): string {
  const id = ` (${pid})`;
  const room = columns - id.length;
  if (room < 2) return fit(String(pid), columns, glyphs);
  return fit(fit(comm, Math.min(room, Bun.stringWidth(comm)), glyphs) + id, columns, glyphs);
}
