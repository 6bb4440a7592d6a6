// What was lost that may cost evidence. In: what the kernel has counted, and the counts that threads send with their pulse;
// out: all of it by cause, for captures, and an event for each cause that has grown, at most once a minute.

import type { Losses } from "../model/capture.ts";
import { grownLosses } from "../model/losses.ts";
import type { DetectorCounts, RunnerCounts } from "../thread/messages.ts";
import type { SupervisorEvent } from "./events.ts";

const LOOK_EVERY_MS = 60_000;

/** What the threads have counted when they were last asked. */
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

  /** @param counters what the kernel side has counted until now. */
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
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** With a last look. */
  end(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    const now = this.now();
    for (const { cause, count } of grownLosses(this.#reported, now))
      this.#publish({ type: "lost", cause, count });
    this.#reported = now;
  }
}
