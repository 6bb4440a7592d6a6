// Live figures for all listeners, each at its own interval. There is one timer while there are listeners, and none
// otherwise. The figures are read once for all listeners that are due and ready. A failure of one listener is reported
// to that listener only.

import type { Live } from "../api/live.ts";

export interface LiveListener {
  /** Whether it takes a document now; one that is not ready costs nothing until it is due again. */
  readonly isReady: () => boolean;
  readonly send: (live: Live) => void;
  /** The last call: the figures could not be read, or `send` failed. */
  readonly failed: (thrown: unknown) => void;
}

interface Subscription {
  readonly everyMs: number;
  readonly listener: LiveListener;
  dueMs: number;
}

/** A listener that is due within this time is served now: listeners of one interval stay together. */
const TOGETHER_MS = 20;

export class LiveFeed {
  readonly #read: () => Live;
  readonly #subscriptions = new Set<Subscription>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param read reads the current figures. */
  constructor(read: () => Live) {
    this.#read = read;
  }

  /** Adds a listener, which gets its first document at once. @returns removes it. */
  listen(everyMs: number, listener: LiveListener): () => void {
    const subscription: Subscription = { everyMs, listener, dueMs: performance.now() };
    this.#subscriptions.add(subscription);
    this.#serveDue();
    return () => {
      this.#subscriptions.delete(subscription);
      if (this.#subscriptions.size === 0) clearTimeout(this.#timer);
    };
  }

  // --- internal ---

  #serveDue(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const due = [...this.#subscriptions].filter(({ dueMs }) => dueMs <= nowMs + TOGETHER_MS);
    // A listener that was served late does not get two documents at once.
    for (const one of due) one.dueMs = Math.max(one.dueMs + one.everyMs, nowMs + one.everyMs / 2);
    this.#serve(due.filter(({ listener }) => listener.isReady()));
    // A listener may have been removed while it was served.
    if (this.#subscriptions.size === 0) return;
    const next = Math.min(...[...this.#subscriptions].map(({ dueMs }) => dueMs));
    this.#timer = setTimeout(() => this.#serveDue(), Math.max(1, next - performance.now()));
  }

  #serve(ready: readonly Subscription[]): void {
    let live: Live | undefined;
    for (const subscription of ready) {
      try {
        live ??= this.#read();
        subscription.listener.send(live);
      } catch (thrown) {
        this.#subscriptions.delete(subscription);
        subscription.listener.failed(thrown);
      }
    }
  }
}
