// In which slot the kernel counts the replies of each share. In: shares as they are found; out: slots: the first shares have slots of
// their own, and keep them for the life of the daemon, also when one detector follows another. Pure.

import { type KnownTree, LAST_SLOT } from "../model/share.ts";

export class ShareSlots {
  readonly #slots = new Map<string, number>();

  /** @param known trees that an earlier detector has placed: what was counted stays where it is. */
  constructor(known: readonly KnownTree[]) {
    for (const { share, slot } of known) if (slot !== LAST_SLOT) this.#slots.set(share, slot);
  }

  /** LAST_SLOT for a share that has none. */
  find(share: string): number {
    return this.#slots.get(share) ?? LAST_SLOT;
  }

  /** Gives it one where there is one left. */
  place(share: string): number {
    const slot = this.#slots.get(share) ?? 1 + Math.max(-1, ...this.#slots.values());
    if (slot < LAST_SLOT) this.#slots.set(share, slot);
    return Math.min(slot, LAST_SLOT);
  }
}
