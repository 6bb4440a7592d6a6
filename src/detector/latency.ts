// The Latency rule: whether one request is slow, or so slow that it trips the rule on its own. Pure, and the same for a
// request in flight, whose latency is its age so far. config/ has already applied modes and lists: a command that does
// not count has the limit Infinity.

import type { LatencyRule } from "../model/rule.ts";
import type { ReplyFacts, RuleJudgement } from "./facts.ts";

/** Applies one Latency rule to one request. */
export function judgeLatency(rule: LatencyRule, facts: ReplyFacts): RuleJudgement {
  const { slowNs, emergencyNs } = limitsOf(rule, facts);
  if (facts.latencyNs >= emergencyNs) return "emergency";
  return facts.latencyNs >= slowNs ? "counts" : "passes";
}

/** The latencies, ns, from which a request counts, and from which it trips the rule at once; Infinity: never. */
export interface LatencyLimits {
  readonly slowNs: number;
  readonly emergencyNs: number;
}

export const NEVER: LatencyLimits = { slowNs: Infinity, emergencyNs: Infinity };

/** A rule's limits for one kind of request. */
export function limitsOf(
  rule: LatencyRule,
  { command, mayBlock }: Pick<ReplyFacts, "command" | "mayBlock">,
): LatencyLimits {
  if (mayBlock && rule.named[command] !== true) return NEVER;
  return { slowNs: rule.slowNs[command] ?? Infinity, emergencyNs: rule.emergencyNs[command] ?? Infinity };
}
