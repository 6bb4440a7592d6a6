// Entries of type Signal: checks of their keys together, and the rule that the detector applies, with a decision for
// each signal. Pure.

import type { SignalRule } from "../model/rule.ts";
import { SIGNALS, signalNumber } from "../model/signal.ts";
import type { RuleFrame } from "./latency-rule.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkLists, explainEmpty, type ListKeys, readLists, select } from "./rule-lists.ts";
import type { SignalEntry } from "./schema.ts";

const LISTS: ListKeys = { track: "track_signals", exclude: "exclude_signals", numberOf: signalNumber };

export function makeSignalRule(frame: RuleFrame, entry: SignalEntry): SignalRule {
  const { counts, isNamed } = select(readLists(entry, [], LISTS));
  return {
    ...frame,
    type: "signal",
    acceptableCount: entry.acceptable_count,
    counts: SIGNALS.map(({ number }) => counts(number)),
    named: SIGNALS.map(({ number }) => isNamed(number)),
  };
}

/** Reports problems that concern several keys. */
export function checkSignalEntry(
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): void {
  const lists = readLists(entry, path, LISTS);
  checkLists(lists, LISTS, path, report);
  const { counts } = select(lists);
  if (!lists.isIncomplete && !SIGNALS.some(({ number }) => counts(number))) {
    report.error(path, explainEmpty(lists, LISTS), "key");
  }
}
