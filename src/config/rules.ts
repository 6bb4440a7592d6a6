// The entries of `guardian.anomalies`, each by its type. In: the mapping as it stands in the file; out: rules, or
// problems. What a type means is in latency-rule.ts and error-rule.ts; this is the table of types.

import type { Rule } from "../model/rule.ts";
import { checkCommandLists } from "./command-lists.ts";
import { checkErrorEntry, makeErrorRule } from "./error-rule.ts";
import { checkLatencyEntry, makeLatencyRule, type RuleFrame } from "./latency-rule.ts";
import { hintAtNames, mustBe } from "./message.ts";
import { type KeyPath, type Report, show } from "./problem.ts";
import { checkProcess, makeMatch } from "./rule-match.ts";
import { RULE_NAME, RULE_TYPES } from "./schema.ts";
import { checkAgainst } from "./schema-check.ts";
import { isMapping } from "./schema-values.ts";
import { checkSignalEntry, makeSignalRule } from "./signal-rule.ts";
import { makeStuckRule } from "./stuck-rule.ts";

/** The rule of captures that a person asks for: no other may have its name. */
const MANUAL = "manual";

const NS_PER_SEC = 1e9;

/** What the rest of the file says of every rule. */
export interface Surroundings {
  readonly windowNs: number;
  /** For rules that name none. */
  readonly defaultActions: readonly string[];
}

/** Makes the rule of an entry, once the rest of the file is known to be right. */
export type RuleMaker = (surroundings: Surroundings) => Rule;

/** @returns makers of the entries that are right, in the order of the file. */
export function readRules(
  entries: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): RuleMaker[] {
  const found = Object.entries(entries);
  if (found.length === 0) report.error(path, "needs at least one rule", "key");
  return found.flatMap(([name, entry]) => {
    checkName(name, [...path, name], report);
    const maker = readEntry(name, entry, [...path, name], report);
    return maker === undefined ? [] : [maker];
  });
}

function checkName(name: string, path: KeyPath, report: Report): void {
  if (name === "<<") report.error(path, "YAML 1.2 has no merge keys", "key");
  else if (!RULE_NAME.test(name)) {
    report.error(
      path,
      "is not a valid rule name: 1 to 64 of A-Z a-z 0-9 . _ - (it becomes part of file names)",
      "key",
    );
  } else if (name === MANUAL) {
    report.error(path, "is the name of captures that a person asks for: choose another", "key");
  }
}

function readEntry(name: string, entry: unknown, path: KeyPath, report: Report): RuleMaker | undefined {
  if (!isMapping(entry)) {
    report.error(path, mustBe("a mapping of keys")({ input: entry }));
    return undefined;
  }
  const type = typeOf(entry.type);
  if (type === undefined) {
    reportType(entry.type, [...path, "type"], report);
    return undefined;
  }
  checkTool(entry.tool, type, [...path, "tool"], report);
  const maker = makerOf(type, name, entry, path, report);
  // Only whether it counts transfers is asked, which no surroundings change.
  if (maker !== undefined) checkProcess(maker({ windowNs: 1, defaultActions: [] }), path, report);
  return maker;
}

/** What the keys mean together is looked at although one of them may be wrong: every error at once. */
function makerOf(
  type: keyof typeof RULE_TYPES,
  name: string,
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): RuleMaker | undefined {
  switch (type) {
    case "latency": {
      checkLatencyEntry(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.latency.schema, entry, path, report);
      return checked && ((around) => makeLatencyRule(frameOf(name, checked, around), checked));
    }
    case "error": {
      checkErrorEntry(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.error.schema, entry, path, report);
      return checked && ((around) => makeErrorRule(frameOf(name, checked, around), checked));
    }
    case "stuck": {
      checkCommandLists(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.stuck.schema, entry, path, report);
      return checked && ((around) => makeStuckRule(frameOf(name, checked, around), checked));
    }
    case "signal": {
      checkSignalEntry(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.signal.schema, entry, path, report);
      return checked && ((around) => makeSignalRule(frameOf(name, checked, around), checked));
    }
    default:
      return type satisfies never;
  }
}

interface CheckedEntry {
  readonly actions?: readonly string[] | undefined;
  /** Stuck has none: it counts at one time. */
  readonly window_sec?: number | undefined;
  readonly match: { readonly share?: string | undefined; readonly process?: string | undefined };
}

function frameOf(
  name: string,
  { actions, match, window_sec: windowSec }: CheckedEntry,
  surroundings: Surroundings,
): RuleFrame {
  const { defaultActions } = surroundings;
  const windowNs = windowSec === undefined ? surroundings.windowNs : Math.round(windowSec * NS_PER_SEC);
  return { name, windowNs, actions: [...new Set(actions ?? defaultActions)], match: makeMatch(match) };
}

function reportType(given: unknown, path: KeyPath, report: Report): void {
  const titles = Object.values(RULE_TYPES).map(({ title }) => title);
  const either = `${titles.slice(0, -1).join(", ")} or ${titles.at(-1)}`;
  if (given === undefined) report.error(path, `is required: ${either}`, "key");
  else report.error(path, mustBe(either, hintAtNames(titles))({ input: given }));
}

function typeOf(given: unknown): keyof typeof RULE_TYPES | undefined {
  if (typeof given !== "string") return undefined;
  const type = given.trim().toLowerCase();
  return Object.hasOwn(RULE_TYPES, type) ? (type as keyof typeof RULE_TYPES) : undefined;
}

/** AODv2's files name the program that watched: it is history, but a wrong one shows that something is mixed up. */
function checkTool(given: unknown, type: keyof typeof RULE_TYPES, path: KeyPath, report: Report): void {
  const { title, tool } = RULE_TYPES[type];
  if (typeof given === "string" && given !== tool) {
    const had = tool === undefined ? "are not in AODv2" : `had ${tool} here`;
    report.warn(path, `${show(given)} is ignored; rules of type ${title} ${had}`);
  }
}
