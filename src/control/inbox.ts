// The answers of one connection, for one reader that may wait for the next line, with a time limit or without. It knows
// no socket and no schema.

import { LineBuffer } from "./line-buffer.ts";

/** Longest answer: a hundred times the biggest, which has 100 rows of everything. */
const ANSWER_MAX_BYTES = 16 * 2 ** 20;

export class Inbox {
  readonly #buffer = new LineBuffer(ANSWER_MAX_BYTES);
  readonly #lines: string[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  take(bytes: Uint8Array): void {
    const lines = this.#buffer.add(bytes);
    if (lines === undefined) this.end();
    else this.#lines.push(...lines);
    this.#wake?.();
  }

  /** Ends the input: the connection has ended, or the reader waits no longer. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Waits for a line or the end. @param withinMs ms, no limit without it. @returns false after a timeout. */
  async hasNews(withinMs?: number): Promise<boolean> {
    const isThere = () => this.#lines.length > 0 || this.#ended;
    if (isThere()) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
    // An incomplete line does not count.
    this.#wake = () => isThere() && resolve();
    await promise;
    clearTimeout(timer);
    return isThere();
  }

  /** The next line; undefined at the end. */
  async next(): Promise<string | undefined> {
    await this.hasNews();
    return this.#lines.shift();
  }
}
