// The events of the supervisor during the demo, in order, and waiting for events to come. It prints nothing.

import { AodError } from "../model/failure.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";

const LAST_EVENTS = 5;

export class EventLog {
  readonly #events: SupervisorEvent[] = [];
  readonly #waiting = new Set<() => void>();

  /** The listener to pass to the supervisor. */
  readonly tell = (event: SupervisorEvent): void => {
    this.#events.push(event);
    for (const look of [...this.#waiting]) look();
  };

  /** All events of one type so far. */
  all<Type extends SupervisorEvent["type"]>(type: Type): readonly EventOf<Type>[] {
    return this.#events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /**
   * The first event of this type that fits, past or to come within the time. Throws BUG without one, with the last
   * events and the reasons of dropped captures; throws the failure's own code if the supervisor reports a fatal
   * failure.
   */
  async until<Type extends SupervisorEvent["type"]>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean,
    withinMs: number,
  ): Promise<EventOf<Type>> {
    const { promise, resolve, reject } = Promise.withResolvers<EventOf<Type>>();
    const look = () => {
      const found = this.all(type).find(fits);
      const fatal = this.all("fatal")[0];
      if (found !== undefined) resolve(found);
      else if (fatal !== undefined) reject(new AodError(fatal.failure.code, fatal.failure.message));
    };
    const timer = setTimeout(() => reject(new AodError("BUG", this.#without(type, withinMs))), withinMs);
    this.#waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  #without(type: SupervisorEvent["type"], withinMs: number): string {
    const last = this.#events.slice(-LAST_EVENTS).map((event) => event.type);
    const dropped = this.all("dropped").map(({ reason }) => `; dropped: ${reason}`);
    return `waited ${withinMs / 1000} s for ${type}, last events: ${last.join(", ") || "nothing"}${dropped.join("")}`;
  }
}
