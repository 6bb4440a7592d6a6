// The keys for the limit that trips a rule and for its window, the same for every type that has them. trip.ts checks
// them together.

import * as v from "valibot";
import { key, overZero, whole, within } from "./schema-values.ts";

export const COUNT_MAX = 1_000_000;
/** Range of the length of a sliding window. */
export const WINDOW_SEC = { least: 0.01, most: 3600 } as const;
const DEFAULT_MIN_REQUESTS = 100;

export const WINDOW = {
  window_sec: key(
    v.optional(within(WINDOW_SEC.least, WINDOW_SEC.most)),
    "length of this rule's window, in place of `watch_interval_sec`",
  ),
};

/**
 * The count or the share of replies that trips a rule, one of the two.
 * @param what the counted replies: `such errors`.
 */
export function tripKeys(what: string) {
  return {
    acceptable_count: key(
      v.optional(whole(1, COUNT_MAX)),
      "the rule trips when the window holds this many; required without `acceptable_percent`",
    ),
    acceptable_percent: key(
      v.optional(overZero(100)),
      `in place of a count: the rule trips when this share of all replies in the window are ${what}`,
    ),
    min_requests: key(
      v.optional(whole(1, COUNT_MAX), DEFAULT_MIN_REQUESTS),
      "with `acceptable_percent`: fewer replies in the window trip nothing",
    ),
  };
}
