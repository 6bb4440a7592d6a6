// Translates events of the pointer, the wheel and the keys into calls that move the view and point at requests. The
// wheel zooms only if the plot has the focus or Ctrl is held, so that it does not stop the page from scrolling.

import { boxed, moved, type PlotSize, type View, zoomed } from "./view.ts";

type Point = readonly [number, number];

interface ViewActions {
  readonly view: () => View;
  readonly look: (view: View) => void;
  readonly reset: () => void;
}

export interface PointerActions extends ViewActions {
  readonly size: () => PlotSize;
  readonly point: (at: Point | undefined) => void;
  readonly drag: (box: readonly [Point, Point] | undefined) => void;
  readonly click: (at: Point) => void;
}

export interface KeyActions extends ViewActions {
  readonly clear: () => void;
  /** Chooses the next faster (1) or slower (-1) request. */
  readonly step: (direction: 1 | -1) => void;
}

/** A shorter drag is a click. */
const DRAG_PX = 6;

export function listenToPointer(canvas: HTMLCanvasElement, actions: PointerActions): void {
  let start: Point | undefined;
  let startView: View | undefined;
  let isPanning = false;
  const at = (event: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect();
    const { width, height } = actions.size();
    return [
      Math.min(width, Math.max(0, event.clientX - left)),
      Math.min(height, Math.max(0, event.clientY - top)),
    ];
  };
  const isDragged = (from: Point, to: Point) => Math.hypot(to[0] - from[0], to[1] - from[1]) > DRAG_PX;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = at(event);
    startView = actions.view();
    isPanning = event.shiftKey;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (start === undefined || startView === undefined) return actions.point(here);
    if (!isDragged(start, here)) return;
    if (!isPanning) return actions.drag([start, here]);
    const { width, height } = actions.size();
    actions.look(moved(startView, (start[0] - here[0]) / width, (here[1] - start[1]) / height));
  });
  const end = (event: PointerEvent) => {
    const here = at(event);
    const from = start;
    start = undefined;
    actions.drag(undefined);
    if (from === undefined || event.type === "pointercancel") return;
    if (!isDragged(from, here)) actions.click(here);
    else if (!isPanning) actions.look(boxed(actions.view(), actions.size(), from, here));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => actions.point(undefined));
  canvas.addEventListener("dblclick", () => actions.reset());
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      const { width } = actions.size();
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      actions.look(
        isSideways
          ? moved(actions.view(), event.deltaX / width, 0)
          : zoomed(
              actions.view(),
              Math.exp(Math.min(300, Math.max(-300, event.deltaY)) / 400),
              at(event)[0] / width,
            ),
      );
    },
    { passive: false },
  );
}

export function listenToKeys(canvas: HTMLCanvasElement, actions: KeyActions): void {
  const byKey: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => actions.look(moved(actions.view(), -0.1, 0)),
    ArrowRight: () => actions.look(moved(actions.view(), 0.1, 0)),
    ArrowUp: () => actions.step(-1),
    ArrowDown: () => actions.step(1),
    "+": () => actions.look(zoomed(actions.view(), 0.7, 0.5)),
    "=": () => actions.look(zoomed(actions.view(), 0.7, 0.5)),
    "-": () => actions.look(zoomed(actions.view(), 1 / 0.7, 0.5)),
    "0": actions.reset,
    Home: actions.reset,
    Escape: actions.clear,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = byKey[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}
