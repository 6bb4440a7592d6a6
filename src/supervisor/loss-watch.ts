// Losses that may cost evidence, by cause: the counts of the kernel, and those that threads send with their pulse.
// Publishes an event for each cause that has grown, at most once a minute.

import type { Losses } from "../model/capture.ts";
import { grownLosses } from "../model/losses.ts";
import type { DetectorCounts, RunnerCounts } from "../thread/messages.ts";
import type { SupervisorEvent } from "./events.ts";

const CHECK_EVERY_MS = 60_000;

/** The counts of the threads at their last pulse. */
export interface ThreadCounts {
  readonly detector: DetectorCounts | undefined;
  readonly runner: RunnerCounts | undefined;
}

export class LossWatch {
  readonly #counters: () => Losses;
  readonly #publish: (event: SupervisorEvent) => void;
  #threads: ThreadCounts = { detector: undefined, runner: undefined };
  #reported: Losses = {};
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param counters reads the counters of the kernel side. */
  constructor(counters: () => Losses, publish: (event: SupervisorEvent) => void) {
    this.#counters = counters;
    this.#publish = publish;
  }

  get threads(): ThreadCounts {
    return this.#threads;
  }

  note(counts: Partial<ThreadCounts>): void {
    this.#threads = { ...this.#threads, ...counts };
  }

  now(): Losses {
    const { detector, runner } = this.#threads;
    const { unfollowed = 0, lateReadings = 0, kernelLogOverwritten = 0 } = detector ?? {};
    return {
      ...this.#counters(),
      unfollowed,
      client_lists_late: lateReadings,
      kernel_log_overwritten: kernelLogOverwritten,
      ...runner?.losses,
    };
  }

  begin(): void {
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY_MS);
  }

  /** Checks once more, and stops. */
  end(): void {
    clearInterval(this.#timer);
    this.#check();
  }

  #check(): void {
    const now = this.now();
    for (const { cause, count } of grownLosses(this.#reported, now))
      this.#publish({ type: "lost", cause, count });
    this.#reported = now;
  }
}
