// The types of rules: which function applies which type, which kind of anomaly its full window is, and its limits for
// requests in flight. A new type is one file, and one row in each of these. Pure.

import type { AnomalyKind } from "../model/anomaly.ts";
import type { Rule, RuleType } from "../model/rule.ts";
import { judgeError } from "./error.ts";
import type { ReplyFacts, RuleJudgement } from "./facts.ts";
import { judgeLatency, type LatencyLimits, limitsOf, NEVER } from "./latency.ts";
import { limitsOfStuck } from "./stuck.ts";

/** Applies one rule to one complete request. */
export function judgeReply(rule: Rule, facts: ReplyFacts): RuleJudgement {
  // A switch, not a table of functions: this runs for each rule and request, and static calls cost half.
  switch (rule.type) {
    case "latency":
      return judgeLatency(rule, facts);
    case "error":
      return judgeError(rule, facts);
    case "stuck": // a request with a reply is not stuck
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

/** The kind of anomaly that a full window of a rule is. The window of a Stuck rule is the number of hangs. */
export const KIND_OF_FULL_WINDOW: Readonly<Record<RuleType, AnomalyKind>> = {
  latency: "slow",
  error: "error",
  stuck: "hung",
  signal: "signal",
};
