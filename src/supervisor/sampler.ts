// When the runner is to take a sample of what counters are while all is well: as aod attaches, and when the last open
// incident is over. In: events as they are told, the time, the way to the runner; out: why a sample is to be taken. Never
// on a timer, and not often: reading DebugData holds spin locks of cifs over the whole dump.

import type { SampleReason } from "../model/capture.ts";
import type { SupervisorEvent } from "./events.ts";

/** Between two samples; one that comes sooner is left out, for the last one is as good. */
export const SAMPLE_EVERY_NS = 10e9;

export class Sampler {
  readonly #send: (reason: SampleReason) => boolean;
  #sampledNs = -Infinity;

  /** @param send false where there is no runner at the moment. */
  constructor(send: (reason: SampleReason) => boolean) {
    this.#send = send;
  }

  /** @param open incidents that are open once this has happened. */
  consider({ type }: Pick<SupervisorEvent, "type">, open: number, nowNs: number): void {
    const isDue = type === "attached" || (type === "resolved" && open === 0);
    if (isDue && nowNs >= this.#sampledNs + SAMPLE_EVERY_NS && this.#send(type)) this.#sampledNs = nowNs;
  }
}
