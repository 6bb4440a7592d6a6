// Which requests are seen, and which is meant. In: requests, view, filter; out: rows. All 65,536 are looked at each time: that
// takes less than a millisecond, and an index would have to be kept true. Pure.

import { IN_FLIGHT } from "../state.ts";
import type { Requests } from "./data.ts";
import { type PlotSize, type View, xOf, yOf } from "./view.ts";

export interface Filter {
  /** By hue: whether it is hidden. */
  readonly hiddenHues: ReadonlySet<number>;
  /** Undefined: all shares. */
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

/** Where its mark ends: of what is in flight the moment of the capture. */
export function endUs({ state, sentUs, head }: Requests, row: number): number {
  return state[row] === IN_FLIGHT ? head.frozenUs : (sentUs[row] ?? 0);
}

/** Rows with a mark in view, in the order of time. */
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

/** The nearest mark, where one is near; of two as near the slower one. */
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

/** The slowest first. */
export function slowest(requests: Requests, rows: readonly number[], most: number): readonly number[] {
  return rows.toSorted((a, b) => (requests.latencyNs[b] ?? 0) - (requests.latencyNs[a] ?? 0)).slice(0, most);
}
