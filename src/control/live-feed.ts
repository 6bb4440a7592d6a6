// Live figures for everybody who listens, each at a pace of their own. In: listeners; out: documents. One timer while anybody
// listens, none else; figures are put together once for all that are due and would take them. What fails for one listener is told to that
// one alone.

import type { Live } from "../api/live.ts";

export interface LiveListener {
  /** Whether it takes a document now; one that does not costs nothing until it is due again. */
  readonly isReady: () => boolean;
  readonly hear: (live: Live) => void;
  /** No more will come: there was no document for this listener, or it could not hear it. */
  readonly failed: (thrown: unknown) => void;
}

interface Place {
  readonly everyMs: number;
  readonly listener: LiveListener;
  dueMs: number;
}

/** Who is due within this time is told at once: listeners of one pace stay together. */
const TOGETHER_MS = 20;

export class LiveFeed {
  readonly #look: () => Live;
  readonly #places = new Set<Place>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param look the figures as they are. */
  constructor(look: () => Live) {
    this.#look = look;
  }

  /** The first document comes at once. @returns ends it. */
  listen(everyMs: number, listener: LiveListener): () => void {
    const place: Place = { everyMs, listener, dueMs: performance.now() };
    this.#places.add(place);
    this.#tell();
    return () => {
      this.#places.delete(place);
      if (this.#places.size === 0) clearTimeout(this.#timer);
    };
  }

  // --- internal ---

  #tell(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const due = [...this.#places].filter(({ dueMs }) => dueMs <= nowMs + TOGETHER_MS);
    // Who was late does not get two at once.
    for (const place of due) place.dueMs = Math.max(place.dueMs + place.everyMs, nowMs + place.everyMs / 2);
    this.#serve(due.filter(({ listener }) => listener.isReady()));
    // Whoever heard may have gone.
    if (this.#places.size === 0) return;
    const next = Math.min(...[...this.#places].map(({ dueMs }) => dueMs));
    this.#timer = setTimeout(() => this.#tell(), Math.max(1, next - performance.now()));
  }

  #serve(ready: readonly Place[]): void {
    let live: Live | undefined;
    for (const place of ready) {
      try {
        live ??= this.#look();
        place.listener.hear(live);
      } catch (thrown) {
        this.#places.delete(place);
        place.listener.failed(thrown);
      }
    }
  }
}
