// The Error rule: whether the reply to one request counts as an error, or trips the rule on its own. Pure. A status
// that the rule names decides alone. The SMB client maps steps of the protocol to errnos just like failures, so for all
// other statuses the class of the status decides first, then the errno. A request in flight has no error yet.

import type { ErrorRule } from "../model/rule.ts";
import type { ReplyFacts, RuleJudgement } from "./facts.ts";

/** Applies one Error rule to one request. */
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
      // Programs ask for missing names all day: such a reply counts only if the rule tracks this errno by name.
      return rule.named[errno] === true && rule.counts[errno] === true;
    case "failure":
      return rule.counts[errno] === true;
    default:
      return statusClass satisfies never;
  }
}
