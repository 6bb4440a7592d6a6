// Entries of type Error: what their keys mean together, and the rule that the detector applies. In: an entry; out: for
// each errno whether it counts, or problems. Pure.

import { ERRNO, ERRNO_ALIASES, ERRNO_COUNT } from "../model/errno.ts";
import type { ErrorRule } from "../model/rule.ts";
import type { RuleFrame } from "./latency-rule.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkLists, explainEmpty, type ListKeys, type Lists, readLists, select } from "./rule-lists.ts";
import type { ErrorEntry } from "./schema.ts";

const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries({ ...ERRNO, ...ERRNO_ALIASES }));

const LISTS: ListKeys = {
  track: "track_codes",
  exclude: "exclude_codes",
  numberOf: (name) => NUMBERS.get(name),
};

export function makeErrorRule(frame: RuleFrame, entry: ErrorEntry): ErrorRule {
  const lists = readLists(entry, [], LISTS);
  const { isNamed } = select(lists);
  return {
    ...frame,
    type: "error",
    acceptableCount: entry.acceptable_count,
    counts: countsOf(lists),
    named: Array.from({ length: ERRNO_COUNT }, (_, errno) => isNamed(errno)),
  };
}

/** Reports what no single key shows. `entry` is as it stands in the file: the schema has reported what is no entry. */
export function checkErrorEntry(
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): void {
  const lists = readLists(entry, path, LISTS);
  checkLists(lists, LISTS, path, report);
  if (!lists.isIncomplete && !countsOf(lists).includes(true)) {
    report.error(path, explainEmpty(lists, LISTS), "key");
  }
}

/** Errno 0 is no error. */
function countsOf(lists: Lists): boolean[] {
  const { counts } = select(lists);
  return Array.from({ length: ERRNO_COUNT }, (_, errno) => errno > 0 && counts(errno));
}
