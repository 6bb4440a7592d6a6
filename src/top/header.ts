// The top of the screen: title, notices, totals and the last minutes. Notices of lost requests and late figures come
// before any figure, because the figures would mislead without them.

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
/** A cell is never wider than this many cells would be: otherwise the first second would be one broad bar. */
const FEW_CELLS = 30;
const GREATEST_COLUMNS = 12;
const STALLS_SHOWN = 2;

/** One line: name, host and state; on the right the interval and the time of the figures. */
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

/** One line for each thing that a user has to know before the figures; usually none. */
export function noticeLines(state: TopState, columns: number, glyphs: Glyphs): readonly Line[] {
  const { live, note } = state;
  return [
    ...(isLate(state) ? [lateLine(state, columns)] : []),
    ...stallLines(live, columns, glyphs),
    ...lossLines(live, columns, glyphs),
    ...(note === undefined ? [] : [[span(note, "strong")]]),
  ].map((line) => clip(line, columns));
}

/** The worst two servers in full, and the number of the others: the rest of the screen needs its room. */
function stallLines(live: Live | undefined, columns: number, glyphs: Glyphs): readonly Line[] {
  const stalled = live?.stalled ?? [];
  const rest = stalled.length - STALLS_SHOWN;
  return stalled
    .slice(0, STALLS_SHOWN)
    .map((stall, at) => stallLine(stall, at === STALLS_SHOWN - 1 ? rest : 0, columns, glyphs));
}

/** The hint to the journal is for figures of the daemon only; without one, aod top itself makes the figures. */
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

/** As many causes as fit, most frequent first; the sum is over all of them. */
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
  // The oldest that should have a reply by now: some requests may block for hours by design.
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

/** How far back the seconds go. */
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
