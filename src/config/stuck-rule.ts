// Entries of type Stuck: the rule that the detector applies, with an age for each command and for operations that
// have no request yet. Pure.

import type { StuckRule } from "../model/rule.ts";
import { readCommandLimits } from "./command-lists.ts";
import type { RuleFrame } from "./latency-rule.ts";
import type { StuckEntry } from "./schema.ts";

const NS_PER_MS = 1e6;

/** An operation without a request has no command: rules about certain commands ignore it. */
export function makeStuckRule(frame: RuleFrame, entry: StuckEntry): StuckRule {
  const { named, limits, ownMs } = readCommandLimits(entry);
  const isOfAll = entry.mode !== "trackonly" && entry.match.command === undefined;
  return {
    ...frame,
    type: "stuck",
    acceptableCount: entry.acceptable_count,
    stuckNs: limits((command) => ownMs(command) ?? entry.threshold_ms),
    waitingNs: isOfAll ? Math.round(entry.threshold_ms * NS_PER_MS) : Infinity,
    named,
  };
}
