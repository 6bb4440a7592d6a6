// Hands every SupervisorEvent to its listeners, in one fixed order. The list below is the only place that says who
// listens, and in which order. The bus decides nothing and knows no listener's work.
//
// A listener may publish while it handles an event: a history that can't be written becomes a trouble, for example.
// Such an event is queued until every listener has had the current one, so that all listeners see the same events in
// the same order.

import { AodError } from "../model/failure.ts";
import type { SupervisorEvent } from "./events.ts";

export type SupervisorListener = (event: SupervisorEvent) => void;

/** All listeners, in the order in which an event reaches them. */
export const LISTENER_ORDER = [
  // First: status and metrics read the record, and any later listener may ask for them.
  "record",
  // Notices to the runner, before slower listeners write files.
  "notices",
  // The history before the log: an incident that the log names can be found in the history.
  "history",
  "log",
  "service",
  "snapshots",
  "metrics",
  // Passes on to the runner what only the detector learns.
  "runner",
  "troubles",
  // Last: a baseline sample is due only when everything else of the event is done.
  "sampler",
] as const;

export type ListenerName = (typeof LISTENER_ORDER)[number];

/** The listeners above the supervisor: those of the daemon, the demo, or a test. */
export type OuterListeners = Readonly<
  Partial<Record<"history" | "log" | "service" | "snapshots" | "metrics", SupervisorListener>>
>;

/** More events than one can cause: a listener publishes without end. */
const CASCADE_MAX = 1_000;

export class EventBus {
  readonly #listeners: readonly SupervisorListener[];
  readonly #queue: SupervisorEvent[] = [];
  #isPublishing = false;

  constructor(listeners: Readonly<Partial<Record<ListenerName, SupervisorListener>>>) {
    this.#listeners = LISTENER_ORDER.map((name) => listeners[name]).filter((one) => one !== undefined);
  }

  /**
   * Returns when every listener has had the event; at once if it is called by a listener. Throws what a listener
   * throws.
   */
  readonly publish = (event: SupervisorEvent): void => {
    this.#queue.push(event);
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    try {
      this.#drain();
    } finally {
      this.#isPublishing = false;
    }
  };

  #drain(): void {
    for (let count = 0; ; count++) {
      const event = this.#queue.shift();
      if (event === undefined) return;
      if (count >= CASCADE_MAX) {
        this.#queue.length = 0;
        throw new AodError("BUG", `a listener publishes without end: ${event.type}`);
      }
      for (const listen of this.#listeners) listen(event);
    }
  }
}
