// The last minutes as a row of blocks. Pure. A cell covers whole seconds of the clock, so that its height does not
// change merely because a second has passed.

import type { Live } from "../api/live.ts";
import type { Glyphs } from "./line.ts";

export type Second = Live["seconds"][number];

export interface Series {
  readonly title: string;
  /** Null if the second has no value. */
  readonly value: (second: Second) => number | null;
  /** The value of a cell from those of its seconds. */
  readonly merge: (values: readonly number[]) => number;
}

export const SERIES: Readonly<Record<"rate" | "p99" | "errors", Series>> = {
  rate: { title: "rate/s", value: ({ requests }) => requests, merge: mean },
  p99: { title: "p99", value: ({ p99_ms }) => p99_ms, merge: greatest },
  errors: { title: "errors/s", value: ({ errors }) => errors, merge: greatest },
};

/**
 * One value for each cell, oldest first, `cells` at most; null for a cell without a value.
 * @param lastSec the number of the last second in `seconds`.
 */
export function cellsOf(
  series: Series,
  seconds: readonly Second[],
  lastSec: number,
  cells: number,
): readonly (number | null)[] {
  const perCell = secondsPerCell(seconds.length, cells);
  const merged: (number | null)[] = [];
  const lastCell = Math.floor(lastSec / perCell);
  for (let cell = lastCell; merged.length < cells; cell--) {
    const endIndex = seconds.length - 1 - (lastSec - (cell * perCell + perCell - 1));
    if (endIndex < 0) break;
    const values = seconds
      .slice(Math.max(0, endIndex - perCell + 1), endIndex + 1)
      .map(series.value)
      .filter((value) => value !== null);
    merged.unshift(values.length === 0 ? null : series.merge(values));
  }
  return merged;
}

/** The fewest seconds a cell with which all of them have room. */
export function secondsPerCell(seconds: number, cells: number): number {
  return Math.max(1, Math.ceil(seconds / Math.max(1, cells)));
}

/**
 * Blocks up to `rows` high, the upper row first. 0 is the lowest block, any greater value is higher, and an unknown
 * value is blank.
 */
export function drawSpark(
  values: readonly (number | null)[],
  greatestValue: number,
  rows: number,
  { levels }: Glyphs,
): readonly string[] {
  const steps = levels.length;
  const heights = values.map((value) => {
    if (value === null) return 0;
    if (value <= 0 || greatestValue <= 0) return 1;
    return Math.min(rows * steps, 2 + Math.round((value / greatestValue) * (rows * steps - 2)));
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * steps;
    return heights.map((height) => levels[Math.min(steps, height - below) - 1] ?? " ").join("");
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
