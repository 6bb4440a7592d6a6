// The Signal rule: whether one signal of connection trouble counts. Pure. Whether a task waits for the connection is
// computed only if it decides.

import type { SignalRule } from "../model/rule.ts";
import { SIGNALS } from "../model/signal.ts";

/** Applies one Signal rule to one signal. @param isAwaited whether a task waits for the connection or its session. */
export function countsSignal(rule: SignalRule, signal: number, isAwaited: () => boolean): boolean {
  const row = SIGNALS[signal];
  if (row === undefined || rule.counts[signal] !== true) return false;
  if (rule.named[signal] === true) return true;
  switch (row.class) {
    case "trouble":
      return true;
    case "idle":
      return isAwaited();
    case "everyday":
      return false;
    default:
      return row.class satisfies never;
  }
}
