// Captures that somebody waits for. In: wishes, events as they are told; out: how each goes on, and what became of it. Pure: it
// knows neither socket nor thread.

import type { CaptureSummary } from "../model/capture.ts";
import type { EventOf, SupervisorEvent } from "./events.ts";

type Progress = (event: EventOf<"progress">) => void;
type Ended = EventOf<"collected"> | EventOf<"dropped">;

interface Wish {
  readonly progress: Progress;
  readonly ended: (event: Ended) => void;
}

export type SnapshotOutcome =
  | { readonly capture: CaptureSummary }
  | { readonly capture: undefined; readonly refusal: string };

export class Snapshots {
  readonly #order: (reason: string | undefined) => number;
  readonly #wishes = new Map<number, Wish>();
  /** What is told while an order is given, before its number is known. */
  #early: SupervisorEvent[] | undefined;

  /** @param order gives the order for a capture; @returns its number. */
  constructor(order: (reason: string | undefined) => number) {
    this.#order = order;
  }

  /** @param progress called as each action ends. */
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
    this.#wishes.set(orderId, { progress, ended });
    for (const event of early) this.take(event);
    return promise;
  }

  take(event: SupervisorEvent): void {
    if (event.type !== "progress" && event.type !== "collected" && event.type !== "dropped") return;
    this.#early?.push(event);
    const orderId = event.type === "collected" ? event.capture.orderId : event.orderId;
    const wish = this.#wishes.get(orderId);
    if (wish === undefined) return;
    if (event.type === "progress") wish.progress(event);
    else {
      this.#wishes.delete(orderId);
      wish.ended(event);
    }
  }
}
