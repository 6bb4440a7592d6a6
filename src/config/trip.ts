// What trips a rule: a count of requests, or a share of all replies. The same keys for every type that has both. In: an
// entry; out: the rate, or problems. Pure.

import type { RateLimit } from "../model/rule.ts";
import type { KeyPath, Report } from "./problem.ts";

interface TripEntry {
  readonly acceptable_percent?: number | undefined;
  readonly min_requests: number;
}

/** Undefined where a count decides. */
export function rateLimitOf({ acceptable_percent: percent, min_requests }: TripEntry): RateLimit | undefined {
  return percent === undefined ? undefined : { acceptableShare: percent / 100, minReplies: min_requests };
}

/** A count or a share, not both: the file does not say which of them would decide. */
export function checkTrip(entry: Readonly<Record<string, unknown>>, path: KeyPath, report: Report): void {
  const hasCount = (entry.acceptable_count ?? undefined) !== undefined;
  const hasPercent = (entry.acceptable_percent ?? undefined) !== undefined;
  if (!hasCount && !hasPercent) {
    report.error([...path, "acceptable_count"], "is required (or acceptable_percent)", "key");
  } else if (hasCount && hasPercent) {
    report.error(
      [...path, "acceptable_percent"],
      "stands beside acceptable_count: only one of them can decide",
      "key",
    );
  }
  if (!hasPercent && entry.min_requests !== undefined) {
    report.warn([...path, "min_requests"], "belongs to acceptable_percent: ignored", "key");
  }
}
