// The types of rules: which function applies which, and what a full window of it is called. A new type is one file and
// one row in each. Pure.

import type { AnomalyKind } from "../model/anomaly.ts";
import type { Rule, RuleType } from "../model/rule.ts";
import { judgeError } from "./error.ts";
import type { Facts, Judgement } from "./facts.ts";
import { judgeLatency } from "./latency.ts";

/** What one rule says of one request. */
export function judge(rule: Rule, facts: Facts): Judgement {
  // No table of functions: this runs for each rule and request, and calls that are known in advance cost half.
  switch (rule.type) {
    case "latency":
      return judgeLatency(rule, facts);
    case "error":
      return judgeError(rule, facts);
    default:
      return rule satisfies never;
  }
}

/** The kind of anomaly that a full window of a rule is. */
export const KIND_OF_FULL_WINDOW: Readonly<Record<RuleType, AnomalyKind>> = {
  latency: "slow",
  error: "error",
};
