// Collects the problems of one file and sorts them by their places. Their number is bounded: a file that consists of
// mistakes must not cost more.

import { formatPath, type KeyPath, type Problem } from "./problem.ts";
import { placeOf } from "./source-text.ts";

/** Limit for each severity; the next check shows the rest. */
const PROBLEMS_MAX = 100;

export class ProblemCollector {
  /** Also true if the error itself was over the limit. */
  hasErrors = false;
  readonly #file: string;
  readonly #text: string;
  readonly #stored: Readonly<Record<Problem["severity"], Problem[]>> = { error: [], warning: [] };

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** @param findOffset called only for a stored problem: its cost may grow with the length of the file. */
  add(severity: Problem["severity"], path: KeyPath, message: string, findOffset: () => number): void {
    if (severity === "error") this.hasErrors = true;
    const stored = this.#stored[severity];
    if (stored.length < PROBLEMS_MAX) stored.push(this.make(severity, path, message, findOffset()));
  }

  make(severity: Problem["severity"], path: KeyPath, message: string, offset: number): Problem {
    const place = placeOf(this.#text, offset);
    return { severity, file: this.#file, ...place, path: formatPath(path), message };
  }

  sorted(): readonly Problem[] {
    const all = [...this.#stored.error, ...this.#stored.warning];
    return all.sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
