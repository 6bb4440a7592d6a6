// Draws the plot: grid, requests and marks. It decides nothing. A colour is set once for all of its points, because
// setting colours is what takes time with 65,536 points.

import { HUE_COUNT } from "../palette.ts";
import { latencyTicks, timeTicks } from "../scale.ts";
import { DONE, ERROR, EVERYDAY, IN_FLIGHT, LOST } from "../state.ts";
import type { Requests } from "./data.ts";
import { endUs, type Filter, isRowShown } from "./find.ts";
import { type PlotSize, type View, xOf, yOf } from "./view.ts";

export interface Colours {
  readonly hues: readonly string[];
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly accent: string;
  readonly unsure: string;
  readonly paper: string;
  readonly font: string;
}

export interface Scene {
  readonly requests: Requests;
  readonly view: View;
  /** Size of the area with points; the labels of time are below it. */
  readonly size: PlotSize;
  readonly filter: Filter;
  readonly chosen: number | undefined;
  readonly pointed: number | undefined;
  /** Corners of the box that is being dragged, CSS pixels. */
  readonly box: readonly [readonly [number, number], readonly [number, number]] | undefined;
}

export const LABELS_PX = 26;
/** Opacity of everyday answers, as a share of that of other replies. */
const FAINT = 0.35;

/** Reads the present colours of the style sheet. */
export function readColours(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    hues: Array.from({ length: HUE_COUNT }, (_, hue) => of(`c${hue}`)),
    ink: of("ink"),
    soft: of("soft"),
    grid: of("rule"),
    accent: of("accent"),
    unsure: of("unsure"),
    paper: of("card"),
    font: style.fontFamily,
  };
}

export function paint(context: CanvasRenderingContext2D, scene: Scene, colours: Colours): void {
  const { size } = scene;
  context.clearRect(0, 0, size.width, size.height + LABELS_PX);
  context.font = `12px ${colours.font}`;
  paintUnsure(context, scene, colours);
  paintGrid(context, scene, colours);
  context.save();
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.clip();
  paintMoments(context, scene, colours);
  paintRequests(context, scene, colours);
  paintMarked(context, scene, colours);
  context.restore();
  paintLevels(context, scene, colours);
}

// --- internal ---

function paintUnsure(
  context: CanvasRenderingContext2D,
  { requests, view, size }: Scene,
  { unsure, soft }: Colours,
) {
  const sinceUs = requests.head.completeSinceUs;
  if (sinceUs === null || sinceUs <= view.fromUs) return;
  const right = Math.min(size.width, xOf(view, size, sinceUs));
  context.fillStyle = unsure;
  context.fillRect(0, 0, right, size.height);
  context.strokeStyle = soft;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  line(context, right, 0, right, size.height);
  context.setLineDash([]);
  if (right < 230) return;
  context.fillStyle = soft;
  context.textAlign = "right";
  // Below the labels of the moments, which may be in the same place.
  context.fillText("before this, requests may be missing", right - 8, 44);
}

function paintGrid(
  context: CanvasRenderingContext2D,
  { requests, view, size }: Scene,
  { grid, soft }: Colours,
) {
  context.lineWidth = 1;
  context.strokeStyle = grid;
  for (const { at } of latencyTicks([view.low, view.high])) {
    const y = Math.round(yOf(view, size, at)) + 0.5;
    line(context, 0, y, size.width, y);
  }
  context.strokeStyle = soft;
  line(context, 0, size.height + 0.5, size.width, size.height + 0.5);
  const zero = requests.head.trippedUs ?? requests.head.frozenUs;
  const ticks = timeTicks(view.fromUs - zero, view.toUs - zero, Math.max(2, size.width / 110));
  context.fillStyle = soft;
  for (const { at, label } of ticks) {
    const x = xOf(view, size, at + zero);
    line(context, x, size.height, x, size.height + 4);
    // The moment itself has its own label.
    if (at === 0) continue;
    context.textAlign = x < 24 ? "left" : x > size.width - 24 ? "right" : "center";
    context.fillText(label, x, size.height + 18);
  }
}

/** Labels are drawn over the points, with a margin: an unreadable figure is worse than a hidden point. */
function paintLevels(context: CanvasRenderingContext2D, { view, size }: Scene, { soft, paper }: Colours) {
  context.textAlign = "left";
  context.lineJoin = "round";
  for (const { at, label } of latencyTicks([view.low, view.high])) {
    const y = yOf(view, size, at) - 4;
    if (y < 10) continue;
    context.strokeStyle = paper;
    context.lineWidth = 4;
    context.strokeText(label, 4, y);
    context.fillStyle = soft;
    context.fillText(label, 4, y);
  }
}

function paintMoments(
  context: CanvasRenderingContext2D,
  { requests, view, size }: Scene,
  { accent, soft, paper }: Colours,
) {
  const { trigger, trippedUs, frozenUs } = requests.head;
  const moments = [
    [trigger, trippedUs, accent, 12],
    ["captured", frozenUs, soft, 28],
  ] as const;
  for (const [label, us, colour, y] of moments) {
    if (us === null || us < view.fromUs || us > view.toUs) continue;
    const x = Math.min(size.width - 0.5, xOf(view, size, us));
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.setLineDash([4, 4]);
    line(context, x, 0, x, size.height);
    context.setLineDash([]);
    context.fillStyle = colour;
    context.textAlign = x > size.width - 110 ? "right" : "left";
    const at = x + (context.textAlign === "right" ? -6 : 6);
    context.strokeStyle = paper;
    context.lineWidth = 4;
    context.strokeText(label, at, y);
    context.fillText(label, at, y);
  }
}

function paintRequests(
  context: CanvasRenderingContext2D,
  { requests, view, size, filter }: Scene,
  colours: Colours,
) {
  const { sentUs, level, state, hue, count } = requests;
  const rows = Array.from({ length: HUE_COUNT }, (): number[] => []);
  for (let row = 0; row < count; row++) {
    if ((sentUs[row] ?? 0) > view.toUs || endUs(requests, row) < view.fromUs) continue;
    if (isRowShown(requests, filter, row)) rows[hue[row] ?? 0]?.push(row);
  }
  const shown = rows.reduce((sum, list) => sum + list.length, 0);
  const side = shown > 20_000 ? 2 : shown > 4000 ? 2.5 : shown > 600 ? 3.5 : 5;
  const alpha = shown > 20_000 ? 0.5 : shown > 4000 ? 0.65 : 0.85;
  const arm = Math.max(2.2, side * 0.8);
  rows.forEach((list, index) => {
    const colour = colours.hues[index] ?? colours.ink;
    context.fillStyle = colour;
    context.strokeStyle = colour;
    for (const [its, opacity] of [
      [EVERYDAY, alpha * FAINT],
      [DONE, alpha],
    ] as const) {
      context.globalAlpha = opacity;
      for (const row of list) {
        if (state[row] !== its) continue;
        const x = xOf(view, size, sentUs[row] ?? 0);
        context.fillRect(x - side / 2, yOf(view, size, level[row] ?? 0) - side / 2, side, side);
      }
    }
    context.globalAlpha = 1;
    context.lineWidth = 1.25;
    context.beginPath();
    for (const row of list) {
      if (state[row] !== LOST) continue;
      const x = xOf(view, size, sentUs[row] ?? 0);
      const y = yOf(view, size, level[row] ?? 0);
      context.rect(x - arm, y - arm, 2 * arm, 2 * arm);
    }
    context.stroke();
    context.lineWidth = 2;
    context.beginPath();
    for (const row of list) {
      if (state[row] !== IN_FLIGHT) continue;
      const y = yOf(view, size, level[row] ?? 0);
      const end = xOf(view, size, endUs(requests, row));
      context.moveTo(xOf(view, size, sentUs[row] ?? 0), y);
      context.lineTo(end, y);
      context.moveTo(end - 5, y - 3.5);
      context.lineTo(end, y);
      context.lineTo(end - 5, y + 3.5);
    }
    context.stroke();
  });
  paintFailures(context, { requests, view, size, filter }, colours.accent, arm);
}

/** Failures are drawn last and in one colour: a few of them must not drown in thousands of other requests. */
function paintFailures(
  context: CanvasRenderingContext2D,
  { requests, view, size, filter }: Pick<Scene, "requests" | "view" | "size" | "filter">,
  colour: string,
  arm: number,
) {
  const { sentUs, level, state, count } = requests;
  context.strokeStyle = colour;
  context.lineWidth = 1.75;
  context.beginPath();
  for (let row = 0; row < count; row++) {
    const us = sentUs[row] ?? 0;
    if (state[row] !== ERROR || us < view.fromUs || us > view.toUs || !isRowShown(requests, filter, row))
      continue;
    cross(context, xOf(view, size, us), yOf(view, size, level[row] ?? 0), arm + 1);
  }
  context.stroke();
}

function paintMarked(context: CanvasRenderingContext2D, scene: Scene, { accent, ink, soft }: Colours) {
  const { requests, filter, chosen, pointed, box } = scene;
  context.lineWidth = 1.75;
  context.strokeStyle = accent;
  for (const row of requests.head.evidence)
    if (isRowShown(requests, filter, row)) ring(context, scene, row, 5);
  context.strokeStyle = ink;
  if (pointed !== undefined) ring(context, scene, pointed, 7);
  context.lineWidth = 2.5;
  if (chosen !== undefined) ring(context, scene, chosen, 8);
  if (box === undefined) return;
  const [a, b] = box;
  context.fillStyle = soft;
  context.globalAlpha = 0.18;
  context.fillRect(a[0], a[1], b[0] - a[0], b[1] - a[1]);
  context.globalAlpha = 1;
}

function ring(
  context: CanvasRenderingContext2D,
  { requests, view, size }: Scene,
  row: number,
  radius: number,
) {
  const x = Math.max(0, xOf(view, size, requests.sentUs[row] ?? 0));
  context.beginPath();
  context.arc(x, yOf(view, size, requests.level[row] ?? 0), radius, 0, 2 * Math.PI);
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, arm: number) {
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x - arm, y + arm);
  context.lineTo(x + arm, y - arm);
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
