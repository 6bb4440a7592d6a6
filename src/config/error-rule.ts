// Entries of type Error: checks of their keys together, and the rule that the detector applies, with a decision for
// each errno and each named status. Pure.

import { ERRNO, ERRNO_ALIASES, ERRNO_COUNT } from "../model/errno.ts";
import { NT_STATUSES } from "../model/nt-status.ts";
import type { ErrorRule } from "../model/rule.ts";
import { commandsOf } from "./command-lists.ts";
import type { RuleFrame } from "./latency-rule.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkLists, explainEmpty, type ListKeys, type Lists, readLists, select } from "./rule-lists.ts";
import type { ErrorEntry } from "./schema.ts";
import { checkTrip, rateLimitOf } from "./trip.ts";

/** Errnos are below ERRNO_COUNT and statuses are not, so that the number shows which of them it is. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...Object.entries({ ...ERRNO, ...ERRNO_ALIASES }),
  ...NT_STATUSES.map(({ name, status }) => [name, status] as const),
]);

const LISTS: ListKeys = {
  track: "track_codes",
  exclude: "exclude_codes",
  numberOf: (name) => NUMBERS.get(name),
};

export function makeErrorRule(frame: RuleFrame, entry: ErrorEntry): ErrorRule {
  const lists = readLists(entry, [], LISTS);
  const { isNamed } = select(lists);
  const counts = countsOf(lists);
  const statuses = statusesOf(lists);
  const atOnce = NT_STATUSES.filter(
    ({ name, status, errno }) =>
      entry.emergency_codes.includes(name) && (statuses[status] ?? counts[errno] === true),
  );
  return {
    ...frame,
    type: "error",
    acceptableCount: entry.acceptable_count ?? 1,
    commands: commandsOf(entry),
    counts,
    named: Array.from({ length: ERRNO_COUNT }, (_, errno) => isNamed(errno)),
    statuses,
    emergency: Object.fromEntries(atOnce.map(({ status }) => [status, true as const])),
    rate: rateLimitOf(entry),
  };
}

/** Reports problems that concern several keys. `entry` is the raw value: the schema reports invalid ones. */
export function checkErrorEntry(
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): void {
  const lists = readLists(entry, path, LISTS);
  checkLists(lists, LISTS, path, report);
  const hasStatus = Object.values(statusesOf(lists)).includes(true);
  if (!lists.isIncomplete && !hasStatus && !countsOf(lists).includes(true)) {
    report.error(path, explainEmpty(lists, LISTS), "key");
  }
  checkTrip(entry, path, report);
}

/** Whether each errno counts; errno 0 is no error. */
function countsOf(lists: Lists): boolean[] {
  const { counts } = select(lists);
  return Array.from({ length: ERRNO_COUNT }, (_, errno) => errno > 0 && counts(errno));
}

/** The decision for each status that a list in use names. The errno decides for all others. */
function statusesOf(lists: Lists): Record<number, boolean> {
  const { counts, isNamed } = select(lists);
  const excluded = lists.mode === "trackonly" ? [] : lists.excluded;
  const listed = [...lists.tracked.filter(({ number }) => isNamed(number)), ...excluded];
  const statuses = listed.filter(({ number }) => number >= ERRNO_COUNT);
  return Object.fromEntries(statuses.map(({ number }) => [number, counts(number)]));
}
