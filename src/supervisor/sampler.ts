// When the runner is to take a sample of what counters are while all is well: as aod attaches, when the last open
// incident is over, and when a runner was started again. In: events as they are told, the time, the way to the runner; out: why a sample is to be taken. Never
// on a timer, and not often: reading DebugData holds spin locks of cifs over the whole dump.

import type { SampleReason } from "../model/capture.ts";
import type { SupervisorEvent } from "./events.ts";

/** Between two samples; one that comes sooner is left out, for the last one is as good. */
export const SAMPLE_EVERY_NS = 10e9;

export class Sampler {
  readonly #send: (reason: SampleReason) => boolean;
  #sampledNs = -Infinity;
  #wasDue = false;

  /** @param send false where there is no runner at the moment. */
  constructor(send: (reason: SampleReason) => boolean) {
    this.#send = send;
  }

  /** @param open incidents that are open once this has happened. */
  consider({ type }: Pick<SupervisorEvent, "type">, open: number, nowNs: number): void {
    if (type === "attached" || (type === "resolved" && open === 0)) this.#take(type, nowNs);
  }

  /** A new runner knows of no sample: what the one before it had is taken again, unless something is wrong now. */
  runnerStarted(open: number, nowNs: number): void {
    this.#sampledNs = -Infinity;
    if (this.#wasDue && open === 0) this.#take("restarted", nowNs);
  }

  #take(reason: SampleReason, nowNs: number): void {
    this.#wasDue = true;
    if (nowNs >= this.#sampledNs + SAMPLE_EVERY_NS && this.#send(reason)) this.#sampledNs = nowNs;
  }
}
