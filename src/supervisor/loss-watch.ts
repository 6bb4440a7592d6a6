// Says when something was lost that may cost evidence. In: the counters; out: an event for each cause that has grown,
// at most once a minute.

import type { Losses } from "../model/capture.ts";
import { grownLosses } from "../model/losses.ts";
import type { DetectorCounts, RunnerCounts } from "../thread/messages.ts";
import type { SupervisorEvent } from "./events.ts";

const LOOK_EVERY_MS = 60_000;

/** What the kernel has counted, and what the threads have when they were last asked. */
export function lossesOf(
  counters: Losses,
  { detector, runner }: { readonly detector?: DetectorCounts; readonly runner?: RunnerCounts },
): Losses {
  const unfollowed = detector?.unfollowed ?? 0;
  return { ...counters, unfollowed, abandoned_children: runner?.abandoned ?? 0 };
}

/** @returns ends it, with a last look. */
export function watchLosses(read: () => Losses, tell: (event: SupervisorEvent) => void): () => void {
  let told: Losses = {};
  const look = () => {
    const now = read();
    for (const { cause, count } of grownLosses(told, now)) tell({ type: "lost", cause, count });
    told = now;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
  };
}
