// Problems of a configuration file and their text: `FILE:LINE:COL: key.path: what`. A file may be hostile: control
// characters in its values are escaped.

import { escapeControls } from "../model/escape.ts";

/** A place in a file. Both numbers begin at 1; columns count UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The keys and the indices of lists, from the root. */
export type KeyPath = readonly (string | number)[];

export interface Problem extends Place {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** `guardian.anomalies.slow.track_commands[0].threshold`; empty if no key is concerned. */
  readonly path: string;
  readonly message: string;
}

/** Receives problems as they are found. `at` is the reported place: the value by default. */
export interface Report {
  error(path: KeyPath, message: string, at?: "key" | "value"): void;
  warn(path: KeyPath, message: string, at?: "key" | "value"): void;
}

const SHOWN_MAX = 80;

/** One line, in the form of compilers; a warning has the word `warning`. */
export function formatProblem({ severity, file, line, column, path, message }: Problem): string {
  const where = `${escapeControls(file)}:${line}:${column}: `;
  return `${where}${path === "" ? "" : `${path}: `}${severity === "warning" ? "warning: " : ""}${message}`;
}

export function formatPath(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${/^[\w-]{1,64}$/.test(part) ? part : showText(part)}`;
  }
  return text;
}

/** A value for a message. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return showText(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return String(value);
}

/** A message of another program about the file: shortened, with control characters escaped. */
export function quote(text: string): string {
  return escapeControls(cut(text));
}

function showText(text: string): string {
  return escapeControls(JSON.stringify(cut(text)));
}

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
