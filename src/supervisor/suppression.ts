// Collects suppressed captures into one event with the count of each cause, a minute after the first: a storm of
// anomalies must not become a storm of log lines.

import { SUPPRESSION_KEYS, type SuppressionCause } from "./budget.ts";
import type { SupervisorEvent } from "./events.ts";

const PUBLISH_EVERY_MS = 60_000;

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
    this.#timer ??= setTimeout(() => this.flush(), PUBLISH_EVERY_MS);
  }

  /** Counts since the start by cause, published or not. */
  get totals(): Readonly<Record<SuppressionCause, number>> {
    return this.#totals;
  }

  /** Publishes the counts that are not published yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = this.#counts;
    this.#counts = {};
    if (Object.keys(counts).length > 0) this.#publish({ type: "suppressed", counts });
  }
}
