// Finds the requests that are in view or at the pointer. Each call walks all 65,536 requests: that takes less than a
// millisecond, and an index would have to be kept up to date. Pure.

import { IN_FLIGHT } from "../state.ts";
import type { Requests } from "./data.ts";
import { type PlotSize, type View, xOf, yOf } from "./view.ts";

export interface Filter {
  /** Colours that are hidden. */
  readonly hiddenHues: ReadonlySet<number>;
  /** Index of the only visible share; undefined: all shares. */
  readonly share: number | undefined;
}

export function isRowShown(
  { hue, share, level }: Requests,
  { hiddenHues, share: only }: Filter,
  row: number,
): boolean {
  return (
    !hiddenHues.has(hue[row] ?? 0) &&
    (only === undefined || share[row] === only) &&
    !Number.isNaN(level[row] ?? Number.NaN)
  );
}

/** Where the mark of a request ends: for a request in flight, at the moment of the capture. */
export function endUs({ state, sentUs, head }: Requests, row: number): number {
  return state[row] === IN_FLIGHT ? head.frozenUs : (sentUs[row] ?? 0);
}

/** Rows with a mark in view, in order of time. */
export function rowsInView(requests: Requests, view: View, filter: Filter): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < requests.count; row++) {
    const level = requests.level[row] ?? Number.NaN;
    const isInside =
      (requests.sentUs[row] ?? 0) <= view.toUs &&
      endUs(requests, row) >= view.fromUs &&
      level >= view.low &&
      level <= view.high;
    if (isInside && isRowShown(requests, filter, row)) rows.push(row);
  }
  return rows;
}

/** The row of the nearest mark within `mostPx`; undefined without one. */
export function rowAt(
  requests: Requests,
  view: View,
  size: PlotSize,
  filter: Filter,
  [x, y]: readonly [number, number],
  mostPx = 14,
): number | undefined {
  let best: number | undefined;
  let bestDistance = mostPx * mostPx;
  for (let row = 0; row < requests.count; row++) {
    const dy = yOf(view, size, requests.level[row] ?? Number.NaN) - y;
    if (!(Math.abs(dy) <= mostPx)) continue;
    const left = xOf(view, size, requests.sentUs[row] ?? 0);
    const right = xOf(view, size, endUs(requests, row));
    const dx = x < left ? left - x : x > right ? x - right : 0;
    const distance = dx * dx + dy * dy;
    if (distance > bestDistance || !isRowShown(requests, filter, row)) continue;
    best = row;
    bestDistance = distance;
  }
  return best;
}

/** The slowest rows, the slowest first. */
export function slowest(requests: Requests, rows: readonly number[], most: number): readonly number[] {
  return rows.toSorted((a, b) => (requests.latencyNs[b] ?? 0) - (requests.latencyNs[a] ?? 0)).slice(0, most);
}
