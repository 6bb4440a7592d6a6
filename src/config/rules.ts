// The entries of `guardian.anomalies`: dispatches each entry by its type. The file of each type (latency-rule.ts and
// the like) has its meaning.

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

/** The name of the rule of captures on demand, which no other rule may have. */
const MANUAL = "manual";

const NS_PER_SEC = 1e9;

/** Values of other sections that apply to every rule. */
export interface RuleDefaults {
  readonly windowNs: number;
  /** For rules that name no actions. */
  readonly defaultActions: readonly string[];
}

/** Makes the rule of an entry, after the rest of the file was found valid. */
export type RuleMaker = (defaults: RuleDefaults) => Rule;

/** @returns makers of the valid entries, in the order of the file. */
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
    report.error(path, "is the name of captures on demand: choose another", "key");
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
  // checkProcess asks only whether the rule counts transfers, which does not depend on the defaults.
  if (maker !== undefined) checkProcess(maker({ windowNs: 1, defaultActions: [] }), path, report);
  return maker;
}

/** Keys are checked together although one of them may be wrong: every error is reported at once. */
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
      return checked && ((defaults) => makeLatencyRule(frameOf(name, checked, defaults), checked));
    }
    case "error": {
      checkErrorEntry(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.error.schema, entry, path, report);
      return checked && ((defaults) => makeErrorRule(frameOf(name, checked, defaults), checked));
    }
    case "stuck": {
      checkCommandLists(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.stuck.schema, entry, path, report);
      return checked && ((defaults) => makeStuckRule(frameOf(name, checked, defaults), checked));
    }
    case "signal": {
      checkSignalEntry(entry, path, report);
      const checked = checkAgainst(RULE_TYPES.signal.schema, entry, path, report);
      return checked && ((defaults) => makeSignalRule(frameOf(name, checked, defaults), checked));
    }
    default:
      return type satisfies never;
  }
}

interface CheckedEntry {
  readonly actions?: readonly string[] | undefined;
  /** Stuck has no window: it counts at one moment. */
  readonly window_sec?: number | undefined;
  readonly match: { readonly share?: string | undefined; readonly process?: string | undefined };
}

function frameOf(
  name: string,
  { actions, match, window_sec: windowSec }: CheckedEntry,
  defaults: RuleDefaults,
): RuleFrame {
  const { defaultActions } = defaults;
  const windowNs = windowSec === undefined ? defaults.windowNs : Math.round(windowSec * NS_PER_SEC);
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

/** Files for AODv2 name the tracing program. The name has no effect; a wrong one shows that types were mixed up. */
function checkTool(given: unknown, type: keyof typeof RULE_TYPES, path: KeyPath, report: Report): void {
  const { title, tool } = RULE_TYPES[type];
  if (typeof given === "string" && given !== tool) {
    const had = tool === undefined ? "are not in AODv2" : `had ${tool} here`;
    report.warn(path, `${show(given)} is ignored; rules of type ${title} ${had}`);
  }
}
