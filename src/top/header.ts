// The top of the screen: whose it is, what needs to be known, the totals, the last minutes. In: the state; out: lines.
// What is lost or late comes before any figure: they would mislead.

import type { Live } from "../api/live.ts";
import { countText, durationText, rateText } from "../model/figure.ts";
import { isOverdue } from "./columns.ts";
import {
  clip,
  fit,
  type Glyphs,
  harmless,
  joinParts,
  type Line,
  type Part,
  type Style,
  span,
  spread,
} from "./line.ts";
import { cellsOf, drawSpark, SERIES, type Series } from "./sparkline.ts";
import { stallLine } from "./stall-line.ts";
import { isLate, type TopState } from "./state.ts";

const STATE_TEXT: Readonly<Record<Live["state"], string>> = {
  watching: "watching",
  waiting: "waiting for a mount",
};
const LABEL_COLUMNS = 9;
const REACH_COLUMNS = 8;
/** While fewer seconds than this are known they take no more room than these would: the first is no broad bar. */
const FEW_CELLS = 30;
const GREATEST_COLUMNS = 12;
const STALLS_SHOWN = 2;

/** One line: name, host, what it does; on the right how often, and as of when. */
export function titleLine(state: TopState, columns: number, glyphs: Glyphs): Line {
  const { live, host, isPaused, everyMs } = state;
  const held = isPaused ? [{ rank: 9, line: [span(" PAUSED ", "chosen")] }] : [];
  const left: readonly Part[] = [
    { rank: 9, line: [span("aod top", "title")] },
    { rank: 2, line: [span(harmless(host, glyphs), "strong")] },
    { rank: 8, line: [span(live === undefined ? "no figures yet" : STATE_TEXT[live.state])] },
    ...held,
  ];
  const right: readonly Part[] = [
    { rank: 3, line: [span(`every ${durationText(everyMs)}`, "faint")] },
    { rank: 7, line: [span(live === undefined ? "" : `${utcText(live.at)} UTC`, "faint")] },
  ];
  const end = joinParts(right, Math.floor(columns / 2));
  return spread(
    joinParts(left, columns - end.reduce((sum, { text }) => sum + text.length, 0) - 2),
    end,
    columns,
  );
}

/** One line for each thing that whoever looks has to know before the figures; mostly none. */
export function noticeLines(state: TopState, columns: number, glyphs: Glyphs): readonly Line[] {
  const { live, note } = state;
  return [
    ...(isLate(state) ? [lateLine(state, columns)] : []),
    ...stallLines(live, columns, glyphs),
    ...lossLines(live, columns, glyphs),
    ...(note === undefined ? [] : [[span(note, "strong")]]),
  ].map((line) => clip(line, columns));
}

/** The worst two in full, the others counted: what is below the notices must keep its room. */
function stallLines(live: Live | undefined, columns: number, glyphs: Glyphs): readonly Line[] {
  const stalled = live?.stalled ?? [];
  const rest = stalled.length - STALLS_SHOWN;
  return stalled
    .slice(0, STALLS_SHOWN)
    .map((stall, at) => stallLine(stall, at === STALLS_SHOWN - 1 ? rest : 0, columns, glyphs));
}

/** Only the daemon has a journal; aod top itself is what is on this screen. */
function lateLine({ live, note, silentMs }: TopState, columns: number): Line {
  const old = live === undefined ? "" : ", these are stale";
  const late = `LATE: no figures for ${durationText(silentMs)}${old}`;
  return joinParts(
    [
      { rank: 1, line: [span(late, "trouble")] },
      ...(note === undefined ? [{ rank: 0, line: [span("see journalctl -u aod", "trouble")] }] : []),
    ],
    columns,
  );
}

/** Whole causes only, most first; the sum is of all of them. */
function lossLines(live: Live | undefined, columns: number, glyphs: Glyphs): readonly Line[] {
  const lost = Object.entries(live?.losses ?? {}).filter(([, count]) => count > 0);
  if (lost.length === 0) return [];
  const sum = lost.reduce((total, [, count]) => total + count, 0);
  const causes = lost
    .toSorted(([, a], [, b]) => b - a)
    .map(([cause, count], i) => ({
      rank: lost.length - i,
      line: [span(`${harmless(cause, glyphs)} ${countText(count)}`, "trouble")],
    }));
  const parts: readonly Part[] = [
    { rank: lost.length + 1, line: [span(`LOST ${countText(sum)}`, "trouble")] },
    ...causes,
    { rank: 0, line: [span("evidence may be missing", "trouble")] },
  ];
  return [joinParts(parts, columns)];
}

/** One line: the figures of all shares. */
export function totalsLine({ live }: TopState, columns: number): Line {
  if (live === undefined) return [span("waiting for the first figures", "faint")];
  const { total, total_now, now_sec, window_sec, in_flight_total } = live;
  // Of those that should have a reply by now: some wait for hours by design.
  const oldestMs = live.in_flight.find(({ waits_by_design }) => !waits_by_design)?.age_ms;
  const errorsPercent = total.requests === 0 ? 0 : (100 * total.errors) / total.requests;
  return joinParts(
    [
      { rank: 9, line: [span(windowText(now_sec), "faint")] },
      { rank: 10, line: [figure(`${rateText(total_now.rate_per_sec)}/s`)] },
      ...(live.stalled.length > 0
        ? []
        : [{ rank: 2, line: [span("p99 "), figure(msText(total_now.p99_ms))] }]),
      { rank: 5, line: [span(windowText(window_sec), "faint")] },
      { rank: 3, line: [figure(`${rateText(total.rate_per_sec)}/s`)] },
      { rank: 2, line: [span("p50 "), figure(msText(total.p50_ms))] },
      { rank: 6, line: [span("p99 "), figure(msText(total.p99_ms))] },
      { rank: 1, line: [span("max "), figure(msText(total.max_ms))] },
      { rank: 4, line: [span("errors "), figure(countText(total.errors))] },
      ...(total.errors === 0 ? [] : [{ rank: 0, line: [span(percentText(errorsPercent))] }]),
      { rank: 7, line: [span("in flight "), figure(countText(in_flight_total))] },
      ...(oldestMs === undefined
        ? []
        : [{ rank: 8, line: [span("oldest "), span(durationText(oldestMs), oldestStyle(oldestMs))] }]),
    ],
    columns,
  );
}

/** `rows` lines for each of rate, p99 and errors. */
export function sparkLines(
  { live }: TopState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] {
  const texts: readonly [Series, (value: number) => string][] = [
    [SERIES.rate, rateText],
    [SERIES.p99, durationText],
    [SERIES.errors, rateText],
  ];
  return texts.flatMap(([series, text]) => sparkRows(series, text, live, columns, rows, glyphs));
}

function sparkRows(
  series: Series,
  text: (value: number) => string,
  live: Live | undefined,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] {
  const room = columns - LABEL_COLUMNS - REACH_COLUMNS - GREATEST_COLUMNS;
  const seconds = live?.seconds ?? [];
  const cells = cellsOf(series, seconds, live?.last_second ?? 0, room);
  const columnsPerCell = Math.max(1, Math.floor(room / Math.max(1, cells.length, FEW_CELLS)));
  const known = cells.filter((value) => value !== null);
  const most = known.reduce((greatest, value) => Math.max(greatest, value), 0);
  const wide = cells.flatMap((cell) => new Array<number | null>(columnsPerCell).fill(cell));
  return drawSpark(wide, most, rows, glyphs).map((blocks, row) => [
    span(fit(row === 0 ? series.title : "", LABEL_COLUMNS, glyphs)),
    span(
      `${fit(row === rows - 1 ? reach(seconds.length) : "", REACH_COLUMNS - 1, glyphs, "right")} `,
      "faint",
    ),
    span(fit(blocks, room, glyphs, "right"), "bar"),
    span(
      fit(row === 0 && known.length > 0 ? `max ${text(most)}` : "", GREATEST_COLUMNS, glyphs, "right"),
      "faint",
    ),
  ]);
}

/** How far back it goes. */
function reach(seconds: number): string {
  return seconds === 0 ? "" : durationText(seconds * 1000);
}

function windowText(windowSec: number): string {
  return windowSec === 0 ? "nothing yet" : `last ${durationText(windowSec * 1000)}`;
}

function oldestStyle(oldest_ms: number): Style {
  return isOverdue({ oldest_ms }) ? "trouble" : "strong";
}

function figure(text: string) {
  return span(text, "strong");
}

function msText(value: number | null): string {
  return value === null ? "-" : durationText(value);
}

function percentText(percent: number): string {
  return percent < 0.01 ? "(<0.01 %)" : `(${Number(percent.toPrecision(2))} %)`;
}

/** `14:02:37` of an ISO time. */
function utcText(at: string): string {
  return at.slice(11, 19);
}
