// The types of rules: which function applies which, what a full window of it is called, and from which age on it cares
// for a request in flight. A new type is one file and one row in each. Pure.

import type { AnomalyKind } from "../model/anomaly.ts";
import type { Rule, RuleType } from "../model/rule.ts";
import { judgeError } from "./error.ts";
import type { ReplyFacts, RuleJudgement } from "./facts.ts";
import { judgeLatency, type LatencyLimits, limitsOf, NEVER } from "./latency.ts";
import { limitsOfStuck } from "./stuck.ts";

/** What one rule says of one complete request. */
export function judgeReply(rule: Rule, facts: ReplyFacts): RuleJudgement {
  // No table of functions: this runs for each rule and request, and calls that are known in advance cost half.
  switch (rule.type) {
    case "latency":
      return judgeLatency(rule, facts);
    case "error":
      return judgeError(rule, facts);
    case "stuck": // whoever has a reply is stuck no more
    case "signal":
      return "passes";
    default:
      return rule satisfies never;
  }
}

/** A rule's limits for one kind of request in flight. */
export function limitsInFlight(rule: Rule, facts: Pick<ReplyFacts, "command" | "mayBlock">): LatencyLimits {
  switch (rule.type) {
    case "latency":
      return limitsOf(rule, facts);
    case "stuck":
      return limitsOfStuck(rule, facts);
    case "error":
    case "signal":
      return NEVER;
    default:
      return rule satisfies never;
  }
}

/** The kind of anomaly that a full window of a rule is; a rule of type Stuck has none. */
export const KIND_OF_FULL_WINDOW: Readonly<Record<RuleType, AnomalyKind>> = {
  latency: "slow",
  error: "error",
  stuck: "hung",
  signal: "signal",
};
