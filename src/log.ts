// The log of the main thread: one line for each message, lower case, no full stop, values as key=value. Workers report
// to the supervisor and never log. The only door to consola.

import { createConsola, LogLevels } from "consola/basic";
import { escapeControls } from "./model/escape.ts";

const LEVELS: Readonly<Record<string, number>> = {
  debug: LogLevels.debug,
  info: LogLevels.info,
  warn: LogLevels.warn,
  warning: LogLevels.warn,
  error: LogLevels.error,
};

/** The destination of lines. */
export interface LogSink {
  /** @param text one line or several, each with its line feed. */
  write(text: string): void;
  /** Resolves when the last lines are written or dropped. */
  close?(): Promise<void>;
}

/** Standard error belongs to the process and is not closed. */
let sink: LogSink = { write: (text) => void process.stderr.write(text) };

const wanted = process.env.AOD_LOG_LEVEL;
const level = LEVELS[(wanted ?? "info").toLowerCase()];

/** The stream that consola expects; it calls only `write`. */
const STREAM = { write: (text: string) => printError(text) } as unknown as NodeJS.WriteStream;

const consola = createConsola({
  level: level ?? LogLevels.info,
  formatOptions: { date: false, colors: false, compact: true },
  stdout: STREAM,
  stderr: STREAM,
});

export type Level = "debug" | "info" | "warn" | "error";
export type Values = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** Log messages. Output of commands such as `aod check` uses process.stdout instead. */
export const log = {
  debug: (text: string, values?: Values) => consola.debug(formatLine(text, values)),
  info: (text: string, values?: Values) => consola.info(formatLine(text, values)),
  warn: (text: string, values?: Values) => consola.warn(formatLine(text, values)),
  error: (text: string, values?: Values) => consola.error(formatLine(text, values)),
};

/** Lines on standard error that are not log messages: mistakes in a configuration, the reason why a command failed. */
export function printError(text: string): void {
  sink.write(text);
}

/** Waits until the last lines are written, as far as the sink supports that. */
export async function finishLog(): Promise<void> {
  await sink.close?.();
}

/**
 * From now on sends all lines to another sink: for a process that must not wait for the reader of its standard error.
 */
export function redirectLog(to: LogSink): void {
  sink = to;
}

/** Whether AOD_LOG_LEVEL shows lines of this level. */
export function isLogged(of: Level): boolean {
  return (LEVELS[of] ?? 0) <= consola.level;
}

if (wanted !== undefined && level === undefined) {
  log.warn("AOD_LOG_LEVEL is not one of debug, info, warn, error: using info", { AOD_LOG_LEVEL: wanted });
}

/** Formats a message. A value from a server or a file can't forge a line: controls are escaped, spaces are quoted. */
export function formatLine(text: string, values: Values = {}): string {
  let out = text;
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const shown = String(value);
    const isPlain = /^[^\s"\\=]+$/.test(shown) && escapeControls(shown) === shown;
    out += ` ${key}=${isPlain ? shown : escapeControls(JSON.stringify(shown))}`;
  }
  return out;
}
