// Checks one value against one schema, and reports every unknown key and every invalid value at once, with their
// paths. A valid value is returned with its defaults.

import * as v from "valibot";
import { entriesOf, homesOf, isOptional, itemOf } from "./key-table.ts";
import type { KeyPath, Report } from "./problem.ts";
import { RULE_TYPES } from "./schema.ts";
import { isMapping } from "./schema-values.ts";
import { didYouMean } from "./suggest.ts";

/** @returns undefined if something other than an unknown key is wrong. */
export function checkAgainst<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  path: KeyPath,
  report: Report,
): v.InferOutput<S> | undefined {
  const { success, output, issues } = v.safeParse(schema, tidy(schema, value, path, report));
  if (success) return output;
  for (const { path: items = [], message } of issues) {
    const where = [...path, ...items.map(({ key }) => key as string | number)];
    const isMissing = items.at(-1)?.origin === "key";
    if (isMissing) report.error(where, "is required", "key");
    else report.error(where, message);
  }
  return undefined;
}

/** The value without unknown keys, which are reported, and without optional keys that have no value. */
function tidy(schema: v.GenericSchema, value: unknown, path: KeyPath, report: Report): unknown {
  const item = itemOf(schema);
  if (item !== undefined && Array.isArray(value)) {
    return value.map((inner, index) => tidy(item, inner, [...path, index], report));
  }
  if (item !== undefined && isMapping(value)) return namesIn(item, value, path, report);
  const entries = entriesOf(schema);
  if (entries === undefined || !isMapping(value)) return value;
  const tidied: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (known === undefined) {
      report.error([...path, name], `unknown key${hintAtKey(name, Object.keys(entries), path)}`, "key");
    } else if (inner === null && isOptional(known)) {
      report.warn([...path, name], "has no value: ignored", "key");
    } else {
      tidied[name] = tidy(known, inner, [...path, name], report);
    }
  }
  return tidied;
}

/** `{dmesg: , journalctl: }`, the lists of names in later files for AODv2, as a list; other mappings are unchanged. */
function namesIn(
  item: v.GenericSchema,
  value: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): unknown {
  const names = Object.keys(value);
  const isList = Object.values(value).every((one) => one === null) && names.length > 0;
  if (!isList || !names.every((name) => v.is(item, name))) return value;
  report.warn(path, "is a mapping of names without values: read as a list of them", "key");
  return names;
}

function hintAtKey(name: string, known: readonly string[], path: KeyPath): string {
  if (name === "<<") return " (YAML 1.2 has no merge keys)";
  const isInRule = path.length === 3 && path[1] === "anomalies";
  const others = Object.values(RULE_TYPES).filter(({ schema }) =>
    Object.hasOwn(entriesOf(schema) ?? {}, name),
  );
  const titles = others.map(({ title }) => title).join(", ");
  if (isInRule && titles !== "") return ` (it belongs to rules of type ${titles})`;
  const [home] = homesOf(name);
  if (home === "") return " (it belongs at the top, without indentation)";
  return home === undefined ? didYouMean(name, known) : ` (it belongs in ${home})`;
}
