// `aod top` on a terminal: keys, figures and time go into the state, what the state looks like goes to the terminal. In: a
// feed; out: nothing but the screen, until somebody quits. Decides nothing that a state could.

import { hostname } from "node:os";
import type { Live } from "../api/live.ts";
import { AodError, type Failure } from "../model/failure.ts";
import { advanceTop, type TopEvent } from "../top/advance.ts";
import { COLOURS, NO_COLOURS, styledText } from "../top/frame.ts";
import { glyphsOf } from "../top/glyphs.ts";
import { type ScreenSize, screenLines } from "../top/screen.ts";
import { beginTop, type TopState } from "../top/state.ts";
import type { Feed } from "./feed.ts";
import { ENDING, openTerminal, outputSize } from "./terminal.ts";

/** How often it is looked whether figures still come. */
const LOOK_MS = 1000;

/** Until q is pressed or a signal comes; throws what ended the feed. The terminal is given back before it does. */
export async function showScreen(feed: Feed, everyMs: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  let state = begin(feed, everyMs);
  let heardMs = performance.now();
  /** What goes wrong in here must not end the process while the terminal is ours. */
  const guard =
    <Arguments extends readonly unknown[]>(act: (...values: Arguments) => void) =>
    (...values: Arguments) => {
      try {
        act(...values);
      } catch (thrown) {
        over.reject(thrown);
      }
    };
  const show = () => terminal.draw(drawState(state, terminal.size));
  const step = guard((event: TopEvent) => {
    const before = state;
    state = advanceTop(state, event);
    if (state.isOver) over.resolve();
    if (state.everyMs !== before.everyMs) listen();
    show();
  });
  const listen = () =>
    feed.start(state.everyMs, {
      live: (live) => {
        heardMs = performance.now();
        step({ type: "live", live });
      },
      failed: (failure) => over.reject(asError(failure)),
    });
  const terminal = openTerminal({
    key: (key) => step({ type: "key", key }),
    changed: guard(show),
    ended: () => over.resolve(),
  });
  const looking = setInterval(() => step({ type: "waited", silentMs: performance.now() - heardMs }), LOOK_MS);
  try {
    guard(show)();
    listen();
    await over.promise;
  } finally {
    clearInterval(looking);
    await terminal.close();
  }
}

/** One screen as text, without what keys would do: for pipes, and for a look in passing. */
export async function printScreen(feed: Feed, everyMs: number): Promise<void> {
  const live = await new Promise<Live>((resolve, reject) =>
    feed.start(everyMs, { live: resolve, failed: (failure) => reject(asError(failure)) }),
  );
  const state = advanceTop(begin(feed, everyMs), { type: "live", live });
  const lines = drawState(state, outputSize(), false);
  process.stdout.write(`${lines.join("\n").trimEnd()}\n`);
}

/** Documents as JSON, one a line: the first alone, or until a signal comes. Whoever reads slowly gets fewer. */
export async function printDocuments(feed: Feed, everyMs: number, once: boolean): Promise<void> {
  const over = Promise.withResolvers<void>();
  let isBusy = false;
  for (const name of ENDING) process.once(name, () => over.resolve());
  feed.start(everyMs, {
    live: (live) => {
      if (isBusy) return;
      isBusy = true;
      process.stdout.write(`${JSON.stringify(live)}\n`, () => {
        isBusy = false;
        if (once) over.resolve();
      });
    },
    failed: (failure) => over.reject(asError(failure)),
  });
  await over.promise;
}

function begin({ note }: Feed, everyMs: number): TopState {
  return beginTop({ host: hostname(), note, everyMs });
}

function drawState(state: TopState, size: ScreenSize, hasKeys = true): readonly string[] {
  const palette = process.env.NO_COLOR ? NO_COLOURS : COLOURS;
  const isStyled = process.stdout.isTTY === true;
  const lines = screenLines(state, size, glyphsOf(process.env), hasKeys).map((line) =>
    styledText(line, palette),
  );
  return isStyled ? lines : lines.map((line) => Bun.stripANSI(line).trimEnd());
}

function asError({ code, message }: Failure): AodError {
  return new AodError(code, message);
}
