// What the supervisor said during the demo, in order, and waiting for what it is going to say. No printing.

import { AodError } from "../model/failure.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";

const LAST_SAID = 5;

export class EventLog {
  readonly #events: SupervisorEvent[] = [];
  readonly #waiting = new Set<() => void>();

  /** To be handed to the supervisor. */
  readonly tell = (event: SupervisorEvent): void => {
    this.#events.push(event);
    for (const look of [...this.#waiting]) look();
  };

  /** Everything of one type so far. */
  all<Type extends SupervisorEvent["type"]>(type: Type): readonly EventOf<Type>[] {
    return this.#events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /**
   * The first event of this type that fits, said already or within the time. Throws BUG where none comes, with what was
   * said last instead, and why a capture was dropped; the failure's own code where the supervisor can't go on.
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
    const last = this.#events.slice(-LAST_SAID).map((event) => event.type);
    const dropped = this.all("dropped").map(({ reason }) => `; dropped: ${reason}`);
    return `waited ${withinMs / 1000} s for ${type}, heard last: ${last.join(", ") || "nothing"}${dropped.join("")}`;
  }
}
