// The stuck rule: from which age on is a request in flight, or an operation that is none yet, stuck? Pure. Whether it
// truly waits is for confirm.ts to say.

import type { StuckRule } from "../model/rule.ts";
import type { ReplyFacts } from "./facts.ts";
import { type LatencyLimits, NEVER } from "./latency.ts";

/** It never counts in a window: what is stuck is counted while it is. */
export function limitsOfStuck(
  rule: StuckRule,
  { command, mayBlock }: Pick<ReplyFacts, "command" | "mayBlock">,
): LatencyLimits {
  if (mayBlock && rule.named[command] !== true) return NEVER;
  return { slowNs: Infinity, emergencyNs: rule.stuckNs[command] ?? Infinity };
}
