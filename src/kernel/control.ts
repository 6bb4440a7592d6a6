// struct aod_control: the word by which a sleeping detector asks for one wake record. Both sides write it.

import type { SourceHandles } from "../model/source.ts";
import { viewOf } from "../system/memory.ts";

export class Control {
  readonly #asleep: Uint32Array<ArrayBuffer>;

  constructor({ controlAddress }: Pick<SourceHandles, "controlAddress">) {
    this.#asleep = new Uint32Array(viewOf(controlAddress, 4));
  }

  /** Asks for one wake record on the ring at the next request that is sent. */
  setAsleep(): void {
    Atomics.store(this.#asleep, 0, 1);
  }

  /** Asks for no wake record. */
  setAwake(): void {
    Atomics.store(this.#asleep, 0, 0);
  }
}
