// Which share the kernel counts in which slot: the first shares that are met have slots of their own, and keep them. In: names of
// shares; out: slots. It lives as long as a detector; the next one is told, because the kernel's counts go on.

import { isPipeShare, type KnownTree, LAST_SLOT } from "../model/share.ts";

export class ShareSlots {
  readonly #slots = new Map<string, number>();
  #next = 0;

  /** @param known what an earlier detector gave out. */
  constructor(known: readonly KnownTree[]) {
    for (const { share, slot } of known) {
      if (slot >= LAST_SLOT) continue;
      this.#slots.set(share, slot);
      this.#next = Math.max(this.#next, slot + 1);
    }
  }

  /** LAST_SLOT for a share that has none of its own. */
  of(share: string): number {
    return this.#slots.get(share) ?? LAST_SLOT;
  }

  /** The same, and a slot of its own while there are some; IPC$, on which no file is, never has one. */
  take(share: string): number {
    if (isPipeShare(share)) return LAST_SLOT;
    if (!this.#slots.has(share) && this.#next < LAST_SLOT) this.#slots.set(share, this.#next++);
    return this.of(share);
  }
}
