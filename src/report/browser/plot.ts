// The interactive plot: connects pointer, wheel and keys to the view, the chosen request and the filter. paint.ts
// draws, find.ts finds requests, view.ts moves the view.

import { plotLevelsOf } from "../scale.ts";
import type { Requests } from "./data.ts";
import { type Description, describe } from "./describe.ts";
import { element } from "./element.ts";
import { type Filter, rowAt, rowsInView, slowest } from "./find.ts";
import { makeLegend } from "./legend.ts";
import { LABELS_PX, paint, readColours } from "./paint.ts";
import { makeSlowestTable, SLOWEST_SHOWN } from "./slowest-table.ts";
import { listenToKeys, listenToPointer } from "./steer.ts";
import { clampView, type View, xOf, yOf, zoomed } from "./view.ts";

/** Delay after the last change of the view before the table is updated. */
const SETTLED_MS = 120;
const NO_CANVAS = "This browser has no canvas for the interactive plot: a static drawing is shown instead.";
const HELP =
  "Drag to zoom in, hold Shift and drag to move. Click a request to pin its details. With the plot in focus: wheel or + and − to zoom, left and right arrows to move, up and down arrows for the next slower and faster request, 0 for all.";

function sentText({ sent, sentLocal }: Description): string {
  return `${sent} UTC${sentLocal === "" ? "" : ` (${sentLocal})`}`;
}

/** Returns false if the browser has no canvas: then a note says so, and the static drawing stays. */
export function showPlot(root: HTMLElement, requests: Requests): boolean {
  const { head } = requests;
  const [low, high] = plotLevelsOf(requests.latencyNs);
  const whole: View = { fromUs: 0, toUs: Math.max(1, head.frozenUs * 1.004), low, high };
  let view = whole;
  let filter: Filter = { hiddenHues: new Set(), share: undefined };
  let chosen: number | undefined;
  let pointed: number | undefined;
  let box: readonly [readonly [number, number], readonly [number, number]] | undefined;
  let size = { width: 0, height: 0 };
  let colours = readColours(root);
  let isDue = false;
  let settling = 0;

  const canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": "Every request by time and latency",
    "aria-describedby": "plot-help",
  });
  const tip = element("div", { class: "tip", "aria-hidden": "true", hidden: "" });
  const detail = element("p", { class: "detail", role: "status" });
  const stage = element("div", { class: "stage" }, canvas, tip);
  const table = makeSlowestTable(requests, (row) => choose(row));
  const context = canvas.getContext("2d");
  if (context === null) {
    root.replaceWith(element("p", { class: "note" }, NO_CANVAS));
    return false;
  }

  const draw = () => {
    isDue = false;
    paint(context, { requests, view, size, filter, chosen, pointed, box }, colours);
    showTip();
  };
  const redraw = () => {
    if (!isDue) requestAnimationFrame(draw);
    isDue = true;
  };
  const settle = () => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      const inView = rowsInView(requests, view, filter);
      table.show(slowest(requests, inView, SLOWEST_SHOWN), inView.length, chosen);
    }, SETTLED_MS) as unknown as number;
  };
  const look = (next: View) => {
    view = clampView(whole, next);
    redraw();
    settle();
  };
  const choose = (row: number | undefined) => {
    chosen = row;
    const words = row === undefined ? undefined : describe(requests, row);
    detail.textContent =
      words === undefined
        ? "Point at a request, or choose one from the table."
        : `${words.command} ${words.latency}, ${words.status}, sent ${sentText(words)} by ${words.process} to ${words.share}, message id ${words.messageId}`;
    redraw();
    settle();
  };
  const showTip = () => {
    tip.hidden = pointed === undefined || box !== undefined;
    if (pointed === undefined || tip.hidden) return;
    const words = describe(requests, pointed);
    tip.replaceChildren(
      element("strong", {}, `${words.latency} ${words.command}`),
      element("span", {}, words.status),
      element("span", {}, element("bdi", { class: "name" }, words.process)),
      element("span", {}, element("bdi", { class: "name" }, words.share)),
      element("span", { class: "soft" }, `${sentText(words)} · message ${words.messageId}`),
    );
    const x = Math.max(0, xOf(view, size, requests.sentUs[pointed] ?? 0));
    const y = yOf(view, size, requests.level[pointed] ?? 0);
    const left = x + tip.offsetWidth + 24 > size.width ? Math.max(0, x - tip.offsetWidth - 14) : x + 14;
    const top = Math.max(0, Math.min(size.height - tip.offsetHeight, y - tip.offsetHeight / 2));
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  };
  const fit = () => {
    const width = stage.clientWidth;
    const height = Math.max(240, Math.min(460, Math.round(width * 0.44)));
    const scale = devicePixelRatio || 1;
    size = { width, height };
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round((height + LABELS_PX) * scale);
    canvas.style.height = `${height + LABELS_PX}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    // Resizing has cleared the canvas, so it is drawn at once and not in the next frame.
    draw();
  };

  const incident = (beganUs: number): View => {
    const span = Math.max(1000, head.frozenUs - beganUs);
    return { ...whole, fromUs: beganUs - span * 0.25, toUs: whole.toUs };
  };
  const { beganUs } = head;
  const buttons: readonly [string, string, () => void][] = [
    ["All", "Show all requests", () => look(whole)],
    ...(beganUs === null
      ? []
      : ([["Incident", "Show the incident", () => look(incident(beganUs))]] satisfies [
          string,
          string,
          () => void,
        ][])),
    ["−", "Zoom out", () => look(zoomed(view, 2, 0.5))],
    ["+", "Zoom in", () => look(zoomed(view, 0.5, 0.5))],
  ];
  const toolbar = element(
    "div",
    { class: "toolbar", role: "group", "aria-label": "Zoom" },
    ...buttons.map(([text, label, act]) => {
      const button = element("button", { type: "button", "aria-label": label }, text);
      button.addEventListener("click", act);
      return button;
    }),
  );
  const legend = makeLegend(requests, (next) => {
    filter = next;
    pointed = undefined;
    redraw();
    settle();
  });
  const help = element("p", { class: "note", id: "plot-help" }, HELP);
  root.append(element("div", { class: "head" }, legend, toolbar), stage, detail, help, table.root);
  root.hidden = false;

  listenToPointer(canvas, {
    size: () => size,
    view: () => view,
    look,
    point: (at) => {
      pointed = at && rowAt(requests, view, size, filter, at);
      redraw();
    },
    drag: (next) => {
      box = next;
      redraw();
    },
    click: (at) => choose(rowAt(requests, view, size, filter, at)),
    reset: () => look(whole),
  });
  listenToKeys(canvas, {
    view: () => view,
    look,
    reset: () => look(whole),
    clear: () => choose(undefined),
    step: (direction) => {
      const order = slowest(requests, rowsInView(requests, view, filter), requests.count);
      const at = chosen === undefined ? -1 : order.indexOf(chosen);
      const next = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + direction));
      choose(order[next]);
    },
  });
  new ResizeObserver(fit).observe(stage);
  document.addEventListener("aod-theme", () => {
    colours = readColours(root);
    redraw();
  });
  choose(undefined);
  fit();
  return true;
}
