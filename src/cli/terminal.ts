// The terminal of a full screen: raw mode, alternate screen, no cursor. It takes lines with their escape sequences, and
// reports keys by name and changes of the size. It is restored on every way out: close, a signal, an exception, a stop
// by Ctrl-Z. It does not know the content of the screen.

import { writeSync } from "node:fs";
import { emitKeypressEvents, type Key } from "node:readline";
import { frameText } from "../top/frame.ts";
import type { ScreenSize } from "../top/screen.ts";

export interface TerminalEvents {
  /** The name of node:readline, or the character itself; `ctrl-c` and the like. */
  readonly key: (name: string) => void;
  /** The screen must be drawn again; the next `draw` sends all lines. */
  readonly changed: () => void;
  /** A signal asks to end. */
  readonly ended: () => void;
}

export interface Terminal {
  readonly size: ScreenSize;
  /** Shows these lines. While the terminal is slow, only the last call has an effect. */
  draw(lines: readonly string[]): void;
  /** Restores the terminal; resolves when that is done. Idempotent. */
  close(): Promise<void>;
}

const ESC = "\u001b[";
/** Alternate screen, no cursor, and no wrapping of lines, even if the terminal has another width. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l`;
const LEAVE = `${ESC}?2026l${ESC}0m${ESC}?7h${ESC}?25h${ESC}?1049l`;
/** Signals that end a command. */
export const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
/** The size of a terminal that does not report one. */
const UNKNOWN_SIZE: ScreenSize = { columns: 80, rows: 24 };

/** Whether input and output are a terminal that can move its cursor. */
export function canShowScreen(): boolean {
  const { TERM } = process.env;
  const isDumb = TERM === undefined || TERM === "" || TERM === "dumb";
  return process.stdin.isTTY === true && process.stdout.isTTY === true && !isDumb;
}

/** The size of standard output; the size of the environment if that is not a terminal. */
export function outputSize(): ScreenSize {
  const [columns, rows] = process.stdout.isTTY
    ? [process.stdout.columns, process.stdout.rows]
    : [Number(process.env.COLUMNS), Number(process.env.LINES)];
  const isSize = [columns, rows].every((cells) => Number.isInteger(cells) && cells > 0);
  return isSize ? { columns, rows } : UNKNOWN_SIZE;
}

/** Takes the terminal over; the caller must call `close`. */
export function openTerminal(events: TerminalEvents): Terminal {
  const { stdin, stdout } = process;
  let isOurs = false;
  let sent: readonly string[] | undefined;
  let isBusy = false;
  let waiting: readonly string[] | undefined;

  const enter = () => {
    isOurs = true;
    sent = undefined;
    stdin.setRawMode(true);
    stdin.resume();
    stdout.write(ENTER);
  };
  const leave = async () => {
    if (!isOurs) return;
    isOurs = false;
    await new Promise<void>((resolve) => stdout.write(LEAVE, () => resolve()));
    stdin.setRawMode(false);
    stdin.pause();
  };
  const leaveAtExit = () => {
    if (!isOurs) return;
    isOurs = false;
    writeSync(stdout.fd, LEAVE);
    stdin.setRawMode(false);
  };
  const stop = async () => {
    await leave();
    process.kill(process.pid, "SIGSTOP");
  };
  const goOn = () => {
    enter();
    events.changed();
  };
  const resized = () => {
    sent = undefined;
    events.changed();
  };
  const pressed = (text: string | undefined, key: Key) => {
    const name = keyName(text, key);
    // In raw mode Ctrl-Z is an ordinary byte. The whole job stops, as it would without raw mode: sudo too.
    if (name === "ctrl-z") process.kill(0, "SIGTSTP");
    else events.key(name);
  };
  const draw = (lines: readonly string[]) => {
    if (!isOurs) return;
    if (isBusy) {
      waiting = lines;
      return;
    }
    const frame = frameText(sent, lines);
    sent = lines;
    if (frame === "") return;
    isBusy = true;
    stdout.write(frame, () => {
      isBusy = false;
      const next = waiting;
      waiting = undefined;
      if (next !== undefined) draw(next);
    });
  };

  emitKeypressEvents(stdin);
  const listeners: readonly (readonly [NodeJS.EventEmitter, string, (...args: never[]) => void])[] = [
    [stdin, "keypress", pressed],
    // The terminal has gone, and SIGHUP may not arrive.
    [stdin, "end", events.ended],
    [stdout, "resize", resized],
    [process, "SIGTSTP", stop],
    [process, "SIGCONT", goOn],
    [process, "exit", leaveAtExit],
    ...ENDING.map((name) => [process, name, events.ended] as const),
  ];
  for (const [emitter, name, listener] of listeners)
    emitter.on(name, listener as (...args: unknown[]) => void);
  enter();

  return {
    get size() {
      return outputSize();
    },
    draw,
    close: async () => {
      await leave();
      for (const [emitter, name, listener] of listeners)
        emitter.off(name, listener as (...args: unknown[]) => void);
    },
  };
}

/** One name for a key: `a`, `<`, `space`, `up`, `backtab`, `ctrl-c`. */
export function keyName(text: string | undefined, { name, ctrl, shift }: Key): string {
  if (ctrl === true) return `ctrl-${name}`;
  if (name === "tab" && shift === true) return "backtab";
  if (name === "space" || text === undefined || text.length !== 1 || text < " ") return name ?? "";
  return text;
}
