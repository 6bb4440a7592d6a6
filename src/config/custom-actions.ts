// The entries of `custom_actions`, and the names that lists of actions may contain because of them. Whether a program
// exists is not checked here: `aod check` does that.

import { ACTION_NAMES, type CustomAction, type Stage } from "../model/action.ts";
import { customActionSchema } from "./capture-schema.ts";
import { anAction, hintAtAction, mustBe } from "./message.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkAgainst } from "./schema-check.ts";
import { isMapping } from "./schema-values.ts";

/** The name of an action is the name of its file in a capture. */
const NAME = /^[a-z0-9_-]{1,32}$/;
const MS_PER_SEC = 1000;
const BYTES_PER_MB = 1 << 20;

/** @returns the valid actions, in the order of the file. */
export function readCustomActions(entries: unknown, path: KeyPath, report: Report): readonly CustomAction[] {
  if (!isMapping(entries)) return [];
  return Object.entries(entries).flatMap(([name, entry]) => {
    checkName(name, [...path, name], report);
    const checked = checkAgainst(customActionSchema, entry, [...path, name], report);
    if (checked === undefined) return [];
    return {
      name,
      // The schema has checked that the list is not empty.
      command: checked.command as [string, ...string[]],
      timeoutMs: checked.timeout_sec * MS_PER_SEC,
      maxBytes: Math.ceil(checked.max_mb * BYTES_PER_MB),
      stage: checked.stage as Stage,
    };
  });
}

/** Checks every list of actions against the built-in names and those of the file. */
export function checkActionNames(root: Readonly<Record<string, unknown>>, report: Report): void {
  const own = isMapping(root.custom_actions) ? Object.keys(root.custom_actions) : [];
  const names = [...ACTION_NAMES, ...own];
  checkList(root.watcher, ["watcher"], names, report);
  const rules = isMapping(root.guardian) && isMapping(root.guardian.anomalies) ? root.guardian.anomalies : {};
  for (const [name, rule] of Object.entries(rules))
    checkList(rule, ["guardian", "anomalies", name], names, report);
}

function checkName(name: string, path: KeyPath, report: Report): void {
  if (name === "<<") report.error(path, "YAML 1.2 has no merge keys", "key");
  else if (!NAME.test(name)) {
    const what = "is not a valid action name: 1 to 32 of a-z 0-9 _ - (it becomes the name of a file)";
    report.error(path, what, "key");
  } else if ((ACTION_NAMES as readonly string[]).includes(name)) {
    report.error(path, "is the name of a built-in action: choose another", "key");
  }
}

function checkList(section: unknown, path: KeyPath, names: readonly string[], report: Report): void {
  if (!isMapping(section)) return;
  const { actions } = section;
  // A mapping without values is read as a list of its keys.
  const isMap = isMapping(actions) && Object.values(actions).every((value) => value === null);
  const given: Iterable<readonly [string | number, unknown]> = Array.isArray(actions)
    ? actions.entries()
    : Object.keys(isMap ? actions : {}).map((name) => [name, name] as const);
  for (const [at, name] of given) {
    // The schema refuses values that are not text.
    if (typeof name !== "string" || names.includes(name)) continue;
    report.error([...path, "actions", at], mustBe(anAction(names), hintAtAction(names))({ input: name }));
  }
}
