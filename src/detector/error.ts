// The error rule: does the reply to one request count as an error, or is it trouble by itself? Pure. A status that the
// rule names decides at once. cifs maps steps of the protocol to errnos as it does with failures, so for all others the
// status's class decides first and the errno second. A request in flight has no error yet.

import type { ErrorRule } from "../model/rule.ts";
import type { ReplyFacts, RuleJudgement } from "./facts.ts";

/** Applies one rule to one request. */
export function judgeError(rule: ErrorRule, facts: ReplyFacts): RuleJudgement {
  if (facts.statusClass === undefined || rule.commands[facts.command] !== true) return "passes";
  const counts = rule.statuses[facts.ntStatus] ?? countsByErrno(rule, facts);
  if (!counts) return "passes";
  return rule.emergency[facts.ntStatus] === true ? "emergency" : "counts";
}

function countsByErrno(rule: ErrorRule, { errno, statusClass }: ReplyFacts): boolean {
  switch (statusClass) {
    case undefined:
    case "step":
      return false;
    case "everyday":
      // Programs ask for names that are not there all day: an error only to who asked for this errno by name.
      return rule.named[errno] === true && rule.counts[errno] === true;
    case "failure":
      return rule.counts[errno] === true;
    default:
      return statusClass satisfies never;
  }
}
