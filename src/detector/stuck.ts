// The Stuck rule: the age from which a request in flight, or an operation that is no request yet, is stuck. Pure.
// liveness.ts decides whether a task truly waits for it.

import type { StuckRule } from "../model/rule.ts";
import type { ReplyFacts } from "./facts.ts";
import { type LatencyLimits, NEVER } from "./latency.ts";

/** The slow limit is Infinity because a stuck request counts while it hangs, not in a window over time. */
export function limitsOfStuck(
  rule: StuckRule,
  { command, mayBlock }: Pick<ReplyFacts, "command" | "mayBlock">,
): LatencyLimits {
  if (mayBlock && rule.named[command] !== true) return NEVER;
  return { slowNs: Infinity, emergencyNs: rule.stuckNs[command] ?? Infinity };
}
