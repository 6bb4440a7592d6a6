// What is wrong with a configuration file, and how it is said: `FILE:LINE:COL: key.path: what`. In: places, paths and
// values of a file; out: text for people. What a file says may be hostile: nothing of it reaches a terminal unescaped.

import { escapeControls } from "../model/escape.ts";

/** Where in a file: both count from 1, columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Keys, and positions in lists, from the root. */
export type KeyPath = readonly (string | number)[];

export interface Problem extends Place {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** `guardian.anomalies.slow.track_commands[0].threshold`; empty where no key is concerned. */
  readonly path: string;
  readonly message: string;
}

/** Takes problems as they are found; `at` is where the finger points, at the value unless told otherwise. */
export interface Report {
  error(path: KeyPath, message: string, at?: "key" | "value"): void;
  warn(path: KeyPath, message: string, at?: "key" | "value"): void;
}

const SHOWN_MAX = 80;

/** One line, as compilers write them; warnings say so. */
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

/** A value as a person would name it. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return showText(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return String(value);
}

/** Somebody else's words about the file: short, and harmless. */
export function quote(text: string): string {
  return escapeControls(cut(text));
}

function showText(text: string): string {
  return escapeControls(JSON.stringify(cut(text)));
}

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
