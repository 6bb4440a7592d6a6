// Whether one process that waits for each of its replies can trip a rule of type Latency: a warning of `aod check`. Pure.

import { durationTextOfNs } from "../model/figure.ts";
import type { Rule } from "../model/rule.ts";

const NS_PER_SEC = 1e9;

/**
 * Undefined where it can, and for other rules. `acceptable_count` slow replies one after the other take at least as many times the
 * threshold, which has to fit into the window.
 */
export function whyUnreachable(rule: Rule): string | undefined {
  if (rule.type !== "latency" || rule.rate !== undefined) return undefined;
  const limits = rule.slowNs.filter((limitNs) => limitNs > 0 && limitNs !== Infinity);
  if (limits.length === 0) return undefined;
  const lowestNs = Math.min(...limits);
  const neededNs = rule.acceptableCount * lowestNs;
  // One that is long enough trips by itself.
  const trippedByOne = rule.acceptableCount === 1 || Math.min(...rule.emergencyNs) <= lowestNs;
  if (trippedByOne || neededNs <= rule.windowNs) return undefined;
  const count = `${rule.acceptableCount} replies from ${durationTextOfNs(lowestNs)} on`;
  const sec = Math.ceil((2 * neededNs) / NS_PER_SEC);
  return `${count} within ${durationTextOfNs(rule.windowNs)} can't be reached by one process that waits for each reply: raise window_sec to ${sec}, or use acceptable_percent`;
}
