// The error rule: does the reply to one request count as an error? Pure. cifs maps steps of the protocol to errnos as
// it does with failures, so the status decides first and the errno second. A request in flight has no error yet.

import type { ErrorRule } from "../model/rule.ts";
import type { Facts, Judgement } from "./facts.ts";

/** Applies one rule to one request. */
export function judgeError(rule: ErrorRule, { errno, statusClass }: Facts): Judgement {
  switch (statusClass) {
    case undefined:
    case "step":
      return "passes";
    case "everyday":
      // Programs ask for names that are not there all day: an error only to who asked for this errno by name.
      return rule.named[errno] === true && rule.counts[errno] === true ? "counts" : "passes";
    case "failure":
      return rule.counts[errno] === true ? "counts" : "passes";
    default:
      return statusClass satisfies never;
  }
}
