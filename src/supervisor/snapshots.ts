// Captures on demand whose callers wait: reports progress and the outcome to each caller. Pure: it knows neither
// sockets nor threads.

import type { CaptureSummary } from "../model/capture.ts";
import type { EventOf, SupervisorEvent } from "./events.ts";

type Progress = (event: EventOf<"progress">) => void;
type Ended = EventOf<"collected"> | EventOf<"dropped">;

interface Caller {
  readonly progress: Progress;
  readonly ended: (event: Ended) => void;
}

export type SnapshotOutcome =
  | { readonly capture: CaptureSummary }
  | { readonly capture: undefined; readonly refusal: string };

export class Snapshots {
  readonly #order: (reason: string | undefined) => number;
  readonly #callers = new Map<number, Caller>();
  /** Events that are published while an order is given, before its number is known. */
  #early: SupervisorEvent[] | undefined;

  /** @param order orders a capture, and returns the number of the order. */
  constructor(order: (reason: string | undefined) => number) {
    this.#order = order;
  }

  /** Orders a capture and waits for its outcome. @param progress called when an action ends. */
  ask(reason: string | undefined, progress: Progress): Promise<SnapshotOutcome> {
    const { promise, resolve } = Promise.withResolvers<SnapshotOutcome>();
    const early: SupervisorEvent[] = [];
    this.#early = early;
    let orderId: number;
    try {
      orderId = this.#order(reason);
    } finally {
      this.#early = undefined;
    }
    const ended = (event: Ended) =>
      resolve(
        event.type === "collected"
          ? { capture: event.capture }
          : { capture: undefined, refusal: event.reason },
      );
    this.#callers.set(orderId, { progress, ended });
    for (const event of early) this.take(event);
    return promise;
  }

  take(event: SupervisorEvent): void {
    if (event.type !== "progress" && event.type !== "collected" && event.type !== "dropped") return;
    this.#early?.push(event);
    const orderId = event.type === "collected" ? event.capture.orderId : event.orderId;
    const caller = this.#callers.get(orderId);
    if (caller === undefined) return;
    if (event.type === "progress") caller.progress(event);
    else {
      this.#callers.delete(orderId);
      caller.ended(event);
    }
  }
}
