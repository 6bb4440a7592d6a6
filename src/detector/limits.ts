// From which age on a request in flight is of interest: the lowest limits of all rules, by command; and the same of
// operations that are no request yet. A look at the tables compares each open line with these first; only what is over
// goes through the rules. Pure.

import { COMMANDS } from "../model/command.ts";
import type { Rule } from "../model/rule.ts";
import { limitsInFlight } from "./judge.ts";

/**
 * Whatever the rules say, whoever is in flight this long is asked about: lines that nobody waits for are closed, or
 * they fill the table.
 */
export const CHECK_AFTER_NS = 60e9;

/** No rule calls a task stuck before this where it sleeps in cifs and does not wait for a server. */
const BLOCKED_LEAST_NS = 10e9;

/**
 * From which age on such a task is stuck, ns. Locks and pages are often held for as long as a request of another task takes, which is
 * reported first.
 * @param waitingNs the rule's limit for tasks that wait for a server.
 */
export function blockedLimitOf(waitingNs: number): number {
  return Math.max(2 * waitingNs, BLOCKED_LEAST_NS);
}

export interface Limits {
  /** By command number: from this age on a request in flight may count, ns; Infinity: never. */
  readonly slowNs: readonly number[];
  /** By command number: from this age on it may be hung, ns; Infinity: never. */
  readonly emergencyNs: readonly number[];
  /** From this age on an operation that is no request yet may be stuck, ns; Infinity: never. */
  readonly waitingNs: number;
  /** The lowest of all and CHECK_AFTER_NS. */
  readonly lowestNs: number;
}

export function limitsOfAll(rules: readonly Rule[]): Limits {
  const slowNs = COMMANDS.map((_, command) => lowest(rules, command, "slowNs"));
  const emergencyNs = COMMANDS.map((_, command) => lowest(rules, command, "emergencyNs"));
  const waitingNs = Math.min(
    Infinity,
    ...rules.map((rule) => (rule.type === "stuck" ? rule.waitingNs : Infinity)),
  );
  const lowestNs = Math.min(CHECK_AFTER_NS, waitingNs, ...slowNs, ...emergencyNs);
  return { slowNs, emergencyNs, waitingNs, lowestNs };
}

function lowest(rules: readonly Rule[], command: number, limit: "slowNs" | "emergencyNs"): number {
  // A command that waits by design somewhere may be one that does not here.
  const facts = { command, mayBlock: false };
  return Math.min(Infinity, ...rules.map((rule) => limitsInFlight(rule, facts)[limit]));
}
