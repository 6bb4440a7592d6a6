// One pass over a text: where it stands, what it has found, and what it remembers of the text before. The recognisers
// share it; which of them is asked when is engine.ts.

import type { Program } from "./programs.ts";
import { Reader } from "./reader.ts";
import { type Edit, MASK, type Span } from "./span.ts";
import type { Value } from "./values.ts";

const MASK_FIRST = MASK.charCodeAt(0);

/** A program on the command line that is being read. */
export interface Command {
  readonly program: Program;
  /** Arguments so far that are no options, shortened; not more than a rule needs. */
  readonly words: string[];
  /** Behind the program's name. */
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
  /** Texts within texts: records of the audit log in hexadecimal. */
  readonly depth: number;
  at = 0;
  /** Nothing before it is looked at: the end of the last secret. */
  floor = 0;
  lineStart = 0;
  /** The end of the long word that the pass is in. */
  wordEnd = 0;
  commands: Command[] = [];
  /** Up to here a value may follow for a name that stands by itself. */
  pairUntil = 0;
  /** Where the value of a pair begins whose name may follow; -1 for none. */
  valueAt = -1;
  /** Behind the last word that may say in prose that a secret follows, or text that was not read word by word. */
  leadEnd = Number.NEGATIVE_INFINITY;
  #nameFrom = 0;
  #nameTo = 0;
  #name = "";
  /** What `echo` writes into a pipe. */
  piped: readonly Span[] = [];
  /** What `echo` has written so far where a pipe may follow. */
  echoed: Span[] = [];

  constructor(text: string, depth: number) {
    this.text = text;
    this.reader = new Reader(text);
    this.depth = depth;
  }

  /** The identifier there; remembered, for several recognisers ask for one in turn. */
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
    // What is hidden already ends where its mask ends, whatever stands behind it.
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
