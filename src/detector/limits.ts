// From which age on a request in flight is of interest: the lowest limits of all latency rules, by command. A look at
// the table compares each open line with these first; only what is over goes through the rules. Pure.

import { COMMANDS } from "../model/command.ts";
import type { Rule } from "../model/rule.ts";

/**
 * Whatever the rules say, whoever is in flight this long is asked about: lines that nobody waits for are closed, or
 * they fill the table.
 */
export const CHECK_AFTER_NS = 60e9;

export interface Limits {
  /** By command number: from this age on a request in flight may count, ns; Infinity: never. */
  readonly slowNs: readonly number[];
  /** By command number: from this age on it may be hung, ns; Infinity: never. */
  readonly emergencyNs: readonly number[];
  /** The lowest of all and CHECK_AFTER_NS. */
  readonly lowestNs: number;
}

export function limitsOfAll(rules: readonly Rule[]): Limits {
  const slowNs = COMMANDS.map((_, command) => lowest(rules, command, "slowNs"));
  const emergencyNs = COMMANDS.map((_, command) => lowest(rules, command, "emergencyNs"));
  return { slowNs, emergencyNs, lowestNs: Math.min(CHECK_AFTER_NS, ...slowNs, ...emergencyNs) };
}

function lowest(rules: readonly Rule[], command: number, limit: "slowNs" | "emergencyNs"): number {
  let lowestNs = Infinity;
  for (const rule of rules) {
    if (rule.type === "latency") lowestNs = Math.min(lowestNs, rule[limit][command] ?? Infinity);
  }
  return lowestNs;
}
