// A warning of `aod check`: a rule of type Latency that one process, which waits for each reply, can never trip. Pure.

import { durationTextOfNs } from "../model/figure.ts";
import type { Rule } from "../model/rule.ts";

const NS_PER_SEC = 1e9;

/**
 * Undefined if such a process can trip the rule, and for other rules. `acceptable_count` slow replies in a row take at
 * least as many times the threshold, which must fit into the window.
 */
export function whyUnreachable(rule: Rule): string | undefined {
  if (rule.type !== "latency" || rule.rate !== undefined) return undefined;
  const limits = rule.slowNs.filter((limitNs) => limitNs > 0 && limitNs !== Infinity);
  if (limits.length === 0) return undefined;
  const lowestNs = Math.min(...limits);
  const neededNs = rule.acceptableCount * lowestNs;
  // One reply that is slow enough trips the rule alone.
  const trippedByOne = rule.acceptableCount === 1 || Math.min(...rule.emergencyNs) <= lowestNs;
  if (trippedByOne || neededNs <= rule.windowNs) return undefined;
  const count = `${rule.acceptableCount} replies from ${durationTextOfNs(lowestNs)} on`;
  const sec = Math.ceil((2 * neededNs) / NS_PER_SEC);
  return `${count} within ${durationTextOfNs(rule.windowNs)} can't be reached by one process that waits for each reply: raise window_sec to ${sec}, or use acceptable_percent`;
}
