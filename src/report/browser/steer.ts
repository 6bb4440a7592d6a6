// Pointer, wheel and keys as wishes: look there, point at this, take the next. In: events of the canvas; out: calls. A wheel
// zooms only where the plot has the focus or Ctrl is held: the page must not stop scrolling because it passes by.

import { boxed, moved, type PlotSize, type View, zoomed } from "./view.ts";

type Point = readonly [number, number];

interface Steered {
  readonly view: () => View;
  readonly look: (view: View) => void;
  readonly reset: () => void;
}

export interface PointerWishes extends Steered {
  readonly size: () => PlotSize;
  readonly point: (at: Point | undefined) => void;
  readonly drag: (box: readonly [Point, Point] | undefined) => void;
  readonly click: (at: Point) => void;
}

export interface KeyWishes extends Steered {
  readonly clear: () => void;
  /** The next faster (1) or slower (-1) one. */
  readonly step: (direction: 1 | -1) => void;
}

/** Less is a click. */
const DRAG_PX = 6;

export function listenToPointer(canvas: HTMLCanvasElement, wishes: PointerWishes): void {
  let start: Point | undefined;
  let startView: View | undefined;
  let isPanning = false;
  const at = (event: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect();
    const { width, height } = wishes.size();
    return [
      Math.min(width, Math.max(0, event.clientX - left)),
      Math.min(height, Math.max(0, event.clientY - top)),
    ];
  };
  const isDragged = (from: Point, to: Point) => Math.hypot(to[0] - from[0], to[1] - from[1]) > DRAG_PX;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = at(event);
    startView = wishes.view();
    isPanning = event.shiftKey;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (start === undefined || startView === undefined) return wishes.point(here);
    if (!isDragged(start, here)) return;
    if (!isPanning) return wishes.drag([start, here]);
    const { width, height } = wishes.size();
    wishes.look(moved(startView, (start[0] - here[0]) / width, (here[1] - start[1]) / height));
  });
  const end = (event: PointerEvent) => {
    const here = at(event);
    const from = start;
    start = undefined;
    wishes.drag(undefined);
    if (from === undefined || event.type === "pointercancel") return;
    if (!isDragged(from, here)) wishes.click(here);
    else if (!isPanning) wishes.look(boxed(wishes.view(), wishes.size(), from, here));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => wishes.point(undefined));
  canvas.addEventListener("dblclick", () => wishes.reset());
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      const { width } = wishes.size();
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      wishes.look(
        isSideways
          ? moved(wishes.view(), event.deltaX / width, 0)
          : zoomed(
              wishes.view(),
              Math.exp(Math.min(300, Math.max(-300, event.deltaY)) / 400),
              at(event)[0] / width,
            ),
      );
    },
    { passive: false },
  );
}

export function listenToKeys(canvas: HTMLCanvasElement, wishes: KeyWishes): void {
  const acts: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => wishes.look(moved(wishes.view(), -0.1, 0)),
    ArrowRight: () => wishes.look(moved(wishes.view(), 0.1, 0)),
    ArrowUp: () => wishes.step(-1),
    ArrowDown: () => wishes.step(1),
    "+": () => wishes.look(zoomed(wishes.view(), 0.7, 0.5)),
    "=": () => wishes.look(zoomed(wishes.view(), 0.7, 0.5)),
    "-": () => wishes.look(zoomed(wishes.view(), 1 / 0.7, 0.5)),
    "0": wishes.reset,
    Home: wishes.reset,
    Escape: wishes.clear,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}
