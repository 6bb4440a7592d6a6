// Which of its counter slots the kernel uses for a share. The first shares get slots of their own and keep them.
// Because the kernel's counters go on, the slots are passed on to the next detector.

import { isPipeShare, type KnownTree, LAST_SLOT } from "../model/share.ts";

export class ShareSlots {
  readonly #slots = new Map<string, number>();
  #next = 0;

  /** @param known the trees, with their slots, of an earlier detector. */
  constructor(known: readonly KnownTree[]) {
    for (const { share, slot } of known) {
      if (slot >= LAST_SLOT) continue;
      this.#slots.set(share, slot);
      this.#next = Math.max(this.#next, slot + 1);
    }
  }

  /** The slot of a share; LAST_SLOT if it has none of its own. */
  of(share: string): number {
    return this.#slots.get(share) ?? LAST_SLOT;
  }

  /** The slot of a share, which gets its own while some are free. An IPC$ holds no files and never gets one. */
  take(share: string): number {
    if (isPipeShare(share)) return LAST_SLOT;
    if (!this.#slots.has(share) && this.#next < LAST_SLOT) this.#slots.set(share, this.#next++);
    return this.of(share);
  }
}
