// The state of one pass over a text: its place, its findings, and what it remembers of the text before. The recognisers
// share it; engine.ts decides which of them is called when.

import type { Program } from "./programs.ts";
import { Reader } from "./reader.ts";
import { type Edit, MASK, type Span } from "./span.ts";
import type { Value } from "./values.ts";

const MASK_FIRST = MASK.charCodeAt(0);

/** A program on the command line that is being read. */
export interface Command {
  readonly program: Program;
  /** Arguments so far that are not options, shortened; no more than a rule needs. */
  readonly words: string[];
  /** The place behind the program's name. */
  readonly from: number;
  /** The next argument belongs to the option before it. */
  skipsNext: boolean;
  /** Letters of short options so far. */
  flags: string;
}

export class Pass {
  readonly reader: Reader;
  readonly text: string;
  readonly edits: Edit[] = [];
  /** The nesting depth: records of the audit log contain texts in hexadecimal. */
  readonly depth: number;
  at = 0;
  /** The end of the last secret; recognisers do not read before it. */
  floor = 0;
  lineStart = 0;
  /** The end of the long word that the pass is in. */
  wordEnd = 0;
  commands: Command[] = [];
  /** Up to here the value of a separate name may follow. */
  pairUntil = 0;
  /** The begin of a value whose name may follow; -1 for none. */
  valueAt = -1;
  /**
   * The place behind the last word that may announce a secret in prose, or behind text that was not read word by word.
   */
  leadEnd = Number.NEGATIVE_INFINITY;
  #nameFrom = 0;
  #nameTo = 0;
  #name = "";
  /** The texts that `echo` writes into a pipe. */
  piped: readonly Span[] = [];
  /** The texts that `echo` has written so far; a pipe may follow. */
  echoed: Span[] = [];

  constructor(text: string, depth: number) {
    this.text = text;
    this.reader = new Reader(text);
    this.depth = depth;
  }

  /** The identifier at this place; remembered, because several recognisers ask for the same one in turn. */
  name(from: number, to: number): string {
    if (from !== this.#nameFrom || to !== this.#nameTo) {
      this.#name = this.text.slice(from, to);
      this.#nameFrom = from;
      this.#nameTo = to;
    }
    return this.#name;
  }

  /** Hides a span and continues behind it. */
  hide(from: number, to: number, next = to, replacement?: string, secrets?: number): void {
    // A secret that is already hidden ends with its mask, whatever stands behind it.
    if (this.text.charCodeAt(from) === MASK_FIRST && this.text.startsWith(MASK, from)) {
      const end = from + MASK.length;
      this.at = Math.max(this.at, end);
      this.floor = Math.max(this.floor, end);
      return;
    }
    if (to > from) {
      const isPlain = replacement === undefined;
      this.edits.push(isPlain ? { from, to } : { from, to, replacement, secrets: secrets ?? 1 });
    }
    this.at = Math.max(this.at, next, to);
    this.floor = Math.max(this.floor, to);
  }

  hideValue(value: Value | undefined): boolean {
    if (value === undefined) return false;
    this.hide(value.from, value.to, value.next);
    return true;
  }
}
