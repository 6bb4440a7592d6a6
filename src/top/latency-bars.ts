// The latencies of replies as horizontal bars, from the histogram of a Live document. Bounds double from bucket to
// bucket, and bars grow with the logarithm of the count, so that three slow replies among a million are visible.

import type { Live } from "../api/live.ts";
import { countText, durationText } from "../model/figure.ts";
import { clip, fit, type Glyphs, type Line, span } from "./line.ts";

interface Bucket {
  readonly label: string;
  readonly requests: number;
}

const LABEL_COLUMNS = 9;
const COUNT_COLUMNS = 8;
const TITLE = "LATENCY, sent to reply";

/** @param height lines, including the title. */
export function latencyLines(
  live: Live | undefined,
  columns: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const buckets = mergeBuckets(live?.histogram ?? [], height - 1);
  const most = buckets.reduce((greatest, { requests }) => Math.max(greatest, requests), 0);
  const room = Math.max(1, columns - LABEL_COLUMNS - COUNT_COLUMNS - 2);
  const bars = buckets.map(({ label, requests }): Line => {
    const bar = drawBar(Math.log2(1 + requests) / Math.log2(1 + most), room, glyphs);
    return [
      span(`${fit(label, LABEL_COLUMNS, glyphs, "right")} `, "faint"),
      span(fit(bar, room, glyphs), "bar"),
      span(
        ` ${fit(countText(requests), COUNT_COLUMNS, glyphs, "right")}`,
        requests === 0 ? "faint" : "plain",
      ),
    ];
  });
  return [clip([span(TITLE, "title")], columns), ...bars];
}

/** The buckets from the first to the last that is not empty; neighbours are merged until they fit. */
function mergeBuckets(histogram: Live["histogram"], most: number): readonly Bucket[] {
  const first = histogram.findIndex(({ requests }) => requests > 0);
  if (first === -1 || most < 1) return [];
  const last = histogram.findLastIndex(({ requests }) => requests > 0);
  const each = Math.ceil((last - first + 1) / most);
  const merged: Bucket[] = [];
  for (let from = first; from <= last; from += each) {
    const some = histogram.slice(from, Math.min(last + 1, from + each));
    merged.push({
      label: boundText(some.at(-1)?.upto_ms ?? null, histogram.at(-2)?.upto_ms ?? null),
      requests: some.reduce((sum, { requests }) => sum + requests, 0),
    });
  }
  return merged;
}

/** @param greatest the greatest bound of the histogram. */
function boundText(uptoMs: number | null, greatest: number | null): string {
  if (uptoMs !== null) return `< ${durationText(uptoMs)}`;
  return greatest === null ? "all" : `> ${durationText(greatest)}`;
}

/** @param part 0 to 1 of the room. */
function drawBar(part: number, room: number, { parts }: Glyphs): string {
  const full = parts.at(-1) ?? "";
  const steps = Math.ceil((Number.isFinite(part) ? part : 0) * room * parts.length);
  const whole = Math.floor(steps / parts.length);
  return full.repeat(whole) + (parts[(steps % parts.length) - 1] ?? "");
}
