// The ages from which requests in flight, by command, and operations that are no request yet matter to any rule. A scan
// compares each open line with these first; only older ones go through the rules. Pure.

import { COMMANDS } from "../model/command.ts";
import type { Rule } from "../model/rule.ts";
import { limitsInFlight } from "./judge.ts";

/**
 * A request that has been in flight this long is checked whatever the rules are: the lines of orphaned requests must be
 * closed, or they fill the table.
 */
export const CHECK_AFTER_NS = 60e9;

/** No rule calls a task stuck before this age if it sleeps in cifs but does not wait for a server. */
const BLOCKED_LEAST_NS = 10e9;

/**
 * The age from which such a task is stuck, ns. Locks and pages are often held for as long as a request of another task
 * takes, and that request is reported first.
 * @param waitingNs the rule's limit for tasks that wait for a server.
 */
export function blockedLimitOf(waitingNs: number): number {
  return Math.max(2 * waitingNs, BLOCKED_LEAST_NS);
}

export interface Limits {
  /** By command number: the age from which a request in flight may count, ns; Infinity: never. */
  readonly slowNs: readonly number[];
  /** By command number: the age from which it may be hung, ns; Infinity: never. */
  readonly emergencyNs: readonly number[];
  /** The age from which an operation that is no request yet may be stuck, ns; Infinity: never. */
  readonly waitingNs: number;
  /** The lowest of all these limits and CHECK_AFTER_NS. */
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
  // A command may block on some shares and not on others.
  const facts = { command, mayBlock: false };
  return Math.min(Infinity, ...rules.map((rule) => limitsInFlight(rule, facts)[limit]));
}
