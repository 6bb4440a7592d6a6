// Answers as they come, for one reader. In: bytes of a connection, and that it has ended; out: lines, for whoever waits for them,
// with a bound on the wait or without. It knows no socket and no schema.

import { LineBuffer } from "./line-buffer.ts";

/** An answer is no longer: the biggest, of 100 rows of everything, is a hundredth of it. */
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

  /** No more will come, or be waited for. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Whether a line or the end is there, after this long, ms, at the latest; without it that is waited for. */
  async hasNews(withinMs?: number): Promise<boolean> {
    const isThere = () => this.#lines.length > 0 || this.#ended;
    if (isThere()) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
    // Half a line is no news.
    this.#wake = () => isThere() && resolve();
    await promise;
    clearTimeout(timer);
    return isThere();
  }

  /** Undefined at the end. */
  async next(): Promise<string | undefined> {
    await this.hasNews();
    return this.#lines.shift();
  }
}
