// The limit that trips a rule: a count of requests, or a share of all replies. The same for every type that has both.
// Pure.

import type { RateLimit } from "../model/rule.ts";
import type { KeyPath, Report } from "./problem.ts";

interface TripEntry {
  readonly acceptable_percent?: number | undefined;
  readonly min_requests: number;
}

/** Undefined if a count decides. */
export function rateLimitOf({ acceptable_percent: percent, min_requests }: TripEntry): RateLimit | undefined {
  return percent === undefined ? undefined : { acceptableShare: percent / 100, minReplies: min_requests };
}

/** Requires a count or a share, and not both: it would be ambiguous which of them decides. */
export function checkTrip(entry: Readonly<Record<string, unknown>>, path: KeyPath, report: Report): void {
  const hasCount = (entry.acceptable_count ?? undefined) !== undefined;
  const hasPercent = (entry.acceptable_percent ?? undefined) !== undefined;
  if (!hasCount && !hasPercent) {
    report.error([...path, "acceptable_count"], "is required (or acceptable_percent)", "key");
  } else if (hasCount && hasPercent) {
    report.error(
      [...path, "acceptable_percent"],
      "conflicts with acceptable_count: only one of them can decide",
      "key",
    );
  }
  if (!hasPercent && entry.min_requests !== undefined) {
    report.warn([...path, "min_requests"], "belongs to acceptable_percent: ignored", "key");
  }
}
