// Live figures for everybody who listens, each at a pace of their own. In: listeners; out: documents. One timer while anybody
// listens, none else; figures are put together once for all that are due.

import type { Live } from "../api/live.ts";

interface Listener {
  readonly everyMs: number;
  readonly hear: (live: Live) => void;
  dueMs: number;
}

/** Who is due within this time is told at once: listeners of one pace stay together. */
const TOGETHER_MS = 20;

export class Feed {
  readonly #look: () => Live;
  readonly #listeners = new Set<Listener>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param look the figures as they are. */
  constructor(look: () => Live) {
    this.#look = look;
  }

  /** The first document comes at once. @returns ends it. */
  listen(everyMs: number, hear: (live: Live) => void): () => void {
    const listener: Listener = { everyMs, hear, dueMs: performance.now() };
    this.#listeners.add(listener);
    this.#tell();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearTimeout(this.#timer);
    };
  }

  #tell(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const due = [...this.#listeners].filter(({ dueMs }) => dueMs <= nowMs + TOGETHER_MS);
    if (due.length > 0) {
      const live = this.#look();
      for (const listener of due) {
        // Who was late does not get two at once.
        listener.dueMs = Math.max(listener.dueMs + listener.everyMs, nowMs + listener.everyMs / 2);
        listener.hear(live);
      }
    }
    // Whoever heard may have gone.
    if (this.#listeners.size === 0) return;
    const next = Math.min(...[...this.#listeners].map(({ dueMs }) => dueMs));
    this.#timer = setTimeout(() => this.#tell(), Math.max(1, next - performance.now()));
  }
}
