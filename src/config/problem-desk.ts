// Collects what is wrong with one file. In: problems as they are found, with offsets; out: problems with places, in the
// order of the file. A file of nothing but mistakes must not cost more than a bounded number of them.

import { formatPath, type KeyPath, type Problem } from "./problem.ts";
import { placeOf } from "./source-text.ts";

/** Of each severity: whoever made more will run the check again. */
const PROBLEMS_MAX = 100;

export class ProblemDesk {
  /** Also where the error itself was one too many to keep. */
  hasErrors = false;
  readonly #file: string;
  readonly #text: string;
  readonly #kept: Readonly<Record<Problem["severity"], Problem[]>> = { error: [], warning: [] };

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** Finding the offset may cost as much as the file is long, so it is not asked for in vain. */
  add(severity: Problem["severity"], path: KeyPath, message: string, findOffset: () => number): void {
    if (severity === "error") this.hasErrors = true;
    const kept = this.#kept[severity];
    if (kept.length < PROBLEMS_MAX) kept.push(this.make(severity, path, message, findOffset()));
  }

  make(severity: Problem["severity"], path: KeyPath, message: string, offset: number): Problem {
    const place = placeOf(this.#text, offset);
    return { severity, file: this.#file, ...place, path: formatPath(path), message };
  }

  sorted(): readonly Problem[] {
    const all = [...this.#kept.error, ...this.#kept.warning];
    return all.sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
