// The visible part of the plot: its bounds of time and latency, and how they move. A view never leaves the whole plot.
// Pure.

export interface View {
  /** µs after the first request. */
  readonly fromUs: number;
  readonly toUs: number;
  /** log10 of ns. */
  readonly low: number;
  readonly high: number;
}

export interface PlotSize {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

const SPAN_LEAST_US = 20;
const LEVELS_LEAST = 0.2;

/** Moves `view` into `whole`, and shrinks it if it is larger. */
export function clampView(whole: View, view: View): View {
  const [fromUs, toUs] = fit(view.fromUs, view.toUs, whole.fromUs, whole.toUs, SPAN_LEAST_US);
  const [low, high] = fit(view.low, view.high, whole.low, whole.high, LEVELS_LEAST);
  return { fromUs, toUs, low, high };
}

/** @param factor below 1 zooms in. @param at the place that does not move, 0 to 1 from the left. */
export function zoomed(view: View, factor: number, at: number): View {
  const span = view.toUs - view.fromUs;
  const fromUs = view.fromUs + span * at * (1 - factor);
  return { ...view, fromUs, toUs: fromUs + span * factor };
}

/** @param across, up shares of the visible part. */
export function moved(view: View, across: number, up: number): View {
  const us = (view.toUs - view.fromUs) * across;
  const levels = (view.high - view.low) * up;
  return { fromUs: view.fromUs + us, toUs: view.toUs + us, low: view.low + levels, high: view.high + levels };
}

export function xOf({ fromUs, toUs }: View, { width }: PlotSize, us: number): number {
  return ((us - fromUs) / (toUs - fromUs)) * width;
}

export function yOf({ low, high }: View, { height }: PlotSize, level: number): number {
  return ((high - level) / (high - low)) * height;
}

/** The view of a rectangle of pixels; a flat rectangle selects only times. */
export function boxed(
  view: View,
  size: PlotSize,
  a: readonly [number, number],
  b: readonly [number, number],
): View {
  const us = (x: number) => view.fromUs + (x / size.width) * (view.toUs - view.fromUs);
  const level = (y: number) => view.high - (y / size.height) * (view.high - view.low);
  const isFlat = Math.abs(a[1] - b[1]) < FLAT_PX;
  return {
    fromUs: us(Math.min(a[0], b[0])),
    toUs: us(Math.max(a[0], b[0])),
    low: isFlat ? view.low : level(Math.max(a[1], b[1])),
    high: isFlat ? view.high : level(Math.min(a[1], b[1])),
  };
}

// --- internal ---

const FLAT_PX = 28;

function fit(from: number, to: number, least: number, most: number, spanLeast: number): [number, number] {
  const span = Math.min(most - least, Math.max(spanLeast, to - from));
  const start = Math.min(most - span, Math.max(least, from + (to - from - span) / 2));
  return [start, start + span];
}
