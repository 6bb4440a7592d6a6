// Decides when the runner takes a baseline sample of counters: when aod attaches, when the last open incident is
// resolved, and when the runner was restarted. Never on a timer, and not often: reading DebugData holds spin locks of
// cifs over the whole dump.

import type { SampleReason } from "../model/capture.ts";
import type { SupervisorEvent } from "./events.ts";

/** Least time between two samples; a sooner one is skipped, since the last one is as good. */
export const SAMPLE_EVERY_NS = 10e9;

export class Sampler {
  readonly #send: (reason: SampleReason) => boolean;
  #sampledNs = -Infinity;
  #wasDue = false;

  /** @param send sends the order to the runner; false if there is no runner at the moment. */
  constructor(send: (reason: SampleReason) => boolean) {
    this.#send = send;
  }

  /** @param open number of open incidents after the event. */
  consider({ type }: Pick<SupervisorEvent, "type">, open: number, nowNs: number): void {
    if (type === "attached" || (type === "resolved" && open === 0)) this.#take(type, nowNs);
  }

  /** A new runner has no sample: if the previous one had one, it is taken again, unless an incident is open. */
  runnerStarted(open: number, nowNs: number): void {
    this.#sampledNs = -Infinity;
    if (this.#wasDue && open === 0) this.#take("restarted", nowNs);
  }

  #take(reason: SampleReason, nowNs: number): void {
    this.#wasDue = true;
    if (nowNs >= this.#sampledNs + SAMPLE_EVERY_NS && this.#send(reason)) this.#sampledNs = nowNs;
  }
}
