// Entries of type Latency: checks of their keys together, and the rule that the detector applies, with a limit for
// each command. Pure.

import type { LatencyRule } from "../model/rule.ts";
import { checkCommandLists, readCommandLimits } from "./command-lists.ts";
import type { KeyPath, Report } from "./problem.ts";
import type { Lists } from "./rule-lists.ts";
import { DEFAULT_EMERGENCY_MS, DEFAULT_THRESHOLD_MS, type LatencyEntry } from "./schema.ts";
import { checkTrip, rateLimitOf } from "./trip.ts";

/** The common part of all types of rules. */
export type RuleFrame = Pick<LatencyRule, "name" | "windowNs" | "actions" | "match">;

export function makeLatencyRule(frame: RuleFrame, entry: LatencyEntry): LatencyRule {
  const { named, limits, ownMs } = readCommandLimits(entry);
  return {
    ...frame,
    type: "latency",
    acceptableCount: entry.acceptable_count ?? 1,
    rate: rateLimitOf(entry),
    slowNs: limits((command) => ownMs(command) ?? entry.default_threshold_ms),
    emergencyNs: limits(() => entry.emergency_threshold_ms),
    named,
  };
}

/** Reports problems that concern several keys. `entry` is the raw value: the schema reports invalid ones. */
export function checkLatencyEntry(
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): void {
  checkTrip(entry, path, report);
  checkEmergency(entry, checkCommandLists(entry, path, report), path, report);
}

/** Warns about thresholds that are not below that of an emergency: they never decide. */
function checkEmergency(
  entry: Readonly<Record<string, unknown>>,
  lists: Lists,
  path: KeyPath,
  report: Report,
): void {
  const emergency = entry.emergency_threshold_ms ?? DEFAULT_EMERGENCY_MS;
  const general = entry.default_threshold_ms ?? DEFAULT_THRESHOLD_MS;
  if (typeof emergency !== "number") return;
  const why = `is not below emergency_threshold_ms (${emergency}): one such request trips the rule, whatever else the rule accepts`;
  const named = lists.mode === "excludeonly" ? [] : lists.tracked;
  const usesGeneral = lists.mode !== "trackonly" || named.some(({ ownMs }) => ownMs === undefined);
  if (usesGeneral && typeof general === "number" && general >= emergency) {
    report.warn([...path, "default_threshold_ms"], `${general} ${why}`);
  }
  for (const { ownMs, path: where } of named) {
    if (ownMs !== undefined && ownMs >= emergency) report.warn([...where, "threshold"], `${ownMs} ${why}`);
  }
}
