// The latency rule: is one request slow, or so slow that nothing more is needed? Pure, and the same for a request in
// flight, whose latency is its age so far. Modes, tracked and excluded commands are worked out by config/ already:
// a command that does not count has Infinity.

import type { LatencyRule } from "../model/rule.ts";
import type { ReplyFacts, RuleJudgement } from "./facts.ts";

/** Applies one rule to one request. */
export function judgeLatency(rule: LatencyRule, facts: ReplyFacts): RuleJudgement {
  const { slowNs, emergencyNs } = limitsOf(rule, facts);
  if (facts.latencyNs >= emergencyNs) return "emergency";
  return facts.latencyNs >= slowNs ? "counts" : "passes";
}

/** From which latency on a request counts, and trips at once; Infinity: never. */
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
