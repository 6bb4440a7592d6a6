// The output of `aod top`: a live screen, one screen as text, or documents. Keys, figures and time advance the state;
// the state decides what is shown.

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

/** Interval of the check whether figures still arrive. */
const LOOK_MS = 1000;

/**
 * Shows the screen until the user quits or a signal arrives. Throws the failure of the feed, after the terminal is
 * restored.
 */
export async function showScreen(feed: Feed, everyMs: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  let state = begin(feed, everyMs);
  let lastFiguresMs = performance.now();
  /** An exception in a callback must not end the process while the terminal is in raw mode. */
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
        lastFiguresMs = performance.now();
        step({ type: "live", live });
      },
      failed: (failure) => over.reject(asError(failure)),
    });
  const terminal = openTerminal({
    key: (key) => step({ type: "key", key }),
    changed: guard(show),
    ended: () => over.resolve(),
  });
  const looking = setInterval(
    () => step({ type: "waited", silentMs: performance.now() - lastFiguresMs }),
    LOOK_MS,
  );
  try {
    guard(show)();
    listen();
    await over.promise;
  } finally {
    clearInterval(looking);
    await terminal.close();
  }
}

/** Prints one screen as text, without the help for keys: for pipes and for `--once`. */
export async function printScreen(feed: Feed, everyMs: number): Promise<void> {
  const live = await new Promise<Live>((resolve, reject) =>
    feed.start(everyMs, { live: resolve, failed: (failure) => reject(asError(failure)) }),
  );
  const state = advanceTop(begin(feed, everyMs), { type: "live", live });
  const lines = drawState(state, outputSize(), false);
  process.stdout.write(`${lines.join("\n").trimEnd()}\n`);
}

/**
 * Prints documents as JSON, one a line: only the first, or until a signal arrives. A slow reader gets fewer of them.
 */
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
