// What the supervisor said during the demo, in order, and waiting for what it is going to say. No printing.

import { AodError } from "../model/failure.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";

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
   * The first event of this type that fits, said already or within the time. Throws BUG where none comes, or where
   * the supervisor can't go on.
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
    const timer = setTimeout(() => reject(new AodError("BUG", `no ${type} within ${withinMs} ms`)), withinMs);
    this.#waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
