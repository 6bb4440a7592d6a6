// A reserve of file descriptors for the time when the process gets no more: released then, so that a thread can be
// started, a capture written and a question answered. For the main thread, which checks before it starts anything: Bun
// ends the process if a worker can't have the two that it needs.

import { closeSync, openSync } from "node:fs";
import { exhaustionOf } from "../model/exhaustion.ts";

/** Enough for the connections that strangers may hold (64) and for two captures with four programs each. */
export const RESERVE = 128;
/** A worker takes 2, a program of an action 5. */
const ROOM = 24;
const SOURCE = "/dev/null";

export class DescriptorReserve {
  readonly #size: number;
  readonly #room: number;
  #held: number[] = [];

  /** Holds nothing until the first `check`. @param room the number of descriptors that must be free beside it. */
  constructor(size = RESERVE, room = ROOM) {
    this.#size = size;
    this.#room = room;
  }

  /** Whether the whole reserve is held. */
  get isWhole(): boolean {
    return this.#held.length === this.#size;
  }

  /**
   * Releases the reserve if no other descriptor is free, and takes it again if enough are free for both.
   * @returns whether a thread or a capture that starts now finds its descriptors.
   */
  check(): boolean {
    const fresh = this.#take(this.#size - this.#held.length);
    if (fresh !== undefined && this.#tryRoom()) {
      this.#held.push(...fresh);
      return true;
    }
    closeAll(fresh ?? []);
    this.release();
    return this.#tryRoom();
  }

  release(): void {
    closeAll(this.#held.splice(0));
  }

  // --- internal ---

  #tryRoom(): boolean {
    const tried = this.#take(this.#room);
    closeAll(tried ?? []);
    return tried !== undefined;
  }

  /** Opens all of them, or none and returns undefined. This is a probe: a failure is not counted as a shortage. */
  #take(count: number): number[] | undefined {
    const taken: number[] = [];
    try {
      while (taken.length < count) taken.push(openSync(SOURCE, "r"));
      return taken;
    } catch (error) {
      closeAll(taken);
      if (exhaustionOf(error) === undefined) throw error;
      return undefined;
    }
  }
}

function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}
