// What was not captured, said together: a storm of anomalies must not become a storm of lines. In: causes as they come; out:
// one event with the counts of each, a minute after the first at the earliest.

import { SUPPRESSION_KEYS, type SuppressionCause } from "./budget.ts";
import type { SupervisorEvent } from "./events.ts";

const SAID_EVERY_MS = 60_000;

export class Suppression {
  readonly #publish: (event: SupervisorEvent) => void;
  readonly #totals = Object.fromEntries(Object.keys(SUPPRESSION_KEYS).map((cause) => [cause, 0])) as Record<
    SuppressionCause,
    number
  >;
  #counts: Partial<Record<SuppressionCause, number>> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(publish: (event: SupervisorEvent) => void) {
    this.#publish = publish;
  }

  add(cause: SuppressionCause): void {
    this.#counts[cause] = (this.#counts[cause] ?? 0) + 1;
    this.#totals[cause] += 1;
    this.#timer ??= setTimeout(() => this.flush(), SAID_EVERY_MS);
  }

  /** Since the start, said or not, by every cause. */
  get totals(): Readonly<Record<SuppressionCause, number>> {
    return this.#totals;
  }

  /** Says what is not said yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = this.#counts;
    this.#counts = {};
    if (Object.keys(counts).length > 0) this.#publish({ type: "suppressed", counts });
  }
}
