// The mode and the two lists of a rule: their selection and their problems. The same for commands, errnos and
// signals, which are all numbers here. Entries are raw values of the file, in which other keys may be wrong. Pure.

import type { KeyPath, Report } from "./problem.ts";
import { MODES } from "./schema.ts";
import { isMapping } from "./schema-values.ts";

/** A valid name in a list, with its place. */
export interface Listed {
  readonly name: string;
  readonly number: number;
  readonly path: KeyPath;
  /** The threshold of its own, ms. */
  readonly ownMs: number | undefined;
}

export interface Lists {
  /** Undefined if the mode of the file does not exist. */
  readonly mode: (typeof MODES)[number] | undefined;
  readonly tracked: readonly Listed[];
  readonly excluded: readonly Listed[];
  /** Whether the mode or a list has a name that does not exist: the selection is unknown then. */
  readonly isIncomplete: boolean;
}

/** The keys of the two lists of an entry, and the number of each name. */
export interface ListKeys {
  readonly track: string;
  readonly exclude: string;
  readonly numberOf: (name: string) => number | undefined;
}

export interface Selection {
  counts(number: number): boolean;
  /** Whether a list that the mode uses tracks it by name. */
  isNamed(number: number): boolean;
}

/** In mode all, tracked numbers are named, excluded ones do not count, and all others count. */
export function select({ mode, tracked, excluded }: Lists): Selection {
  const named = new Set(mode === "excludeonly" ? [] : tracked.map(({ number }) => number));
  const out = new Set(excluded.map(({ number }) => number));
  return {
    counts: (number) => (mode === "trackonly" ? named.has(number) : !out.has(number)),
    isNamed: (number) => named.has(number),
  };
}

/** Skips invalid values: the schema reports them. */
export function readLists(entry: unknown, path: KeyPath, keys: ListKeys): Lists {
  const given = isMapping(entry) ? entry : {};
  const tracked = readList(given[keys.track], [...path, keys.track], keys);
  const excluded = readList(given[keys.exclude], [...path, keys.exclude], keys);
  const mode = MODES.find((name) => name === (given.mode ?? "all"));
  const isIncomplete = mode === undefined || tracked.isIncomplete || excluded.isIncomplete;
  return { mode, tracked: tracked.listed, excluded: excluded.listed, isIncomplete };
}

function readList(list: unknown, path: KeyPath, { numberOf }: ListKeys) {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  const listed = items.flatMap((item, index): Listed[] => {
    const name = isMapping(item) ? item.command : item;
    const number = typeof name === "string" ? numberOf(name) : undefined;
    if (typeof name !== "string" || number === undefined) return [];
    const ownMs = isMapping(item) && typeof item.threshold === "number" ? item.threshold : undefined;
    return [{ name, number, path: [...path, index], ownMs }];
  });
  return { listed, isIncomplete: listed.length < items.length };
}

/** Reports lists that contradict themselves, each other or the mode. */
export function checkLists(lists: Lists, keys: ListKeys, path: KeyPath, report: Report): void {
  const { mode, tracked, excluded } = lists;
  for (const { name, path: where, ownMs } of repeatedIn(tracked)) {
    // It must not be ambiguous which of two thresholds applies; a name without one is only redundant.
    const reportTo = ownMs === undefined ? report.warn : report.error;
    reportTo(where, `${name} is in the list twice`);
  }
  for (const { name, path: where } of repeatedIn(excluded))
    report.warn(where, `${name} is in the list twice`);

  if (mode === undefined) return;
  const unused = mode === "trackonly" ? keys.exclude : mode === "excludeonly" ? keys.track : undefined;
  if (unused !== undefined) {
    const list = unused === keys.track ? tracked : excluded;
    if (list.length > 0) report.warn([...path, unused], `mode ${mode} does not use it: ignored`, "key");
    return;
  }
  const trackedNumbers = new Set(tracked.map(({ number }) => number));
  for (const { name, number, path: where } of excluded) {
    if (trackedNumbers.has(number)) report.error(where, `${name} is both tracked and excluded`);
  }
}

/** The reason why nothing could trip a rule. */
export function explainEmpty({ mode, tracked }: Lists, { track }: ListKeys): string {
  const isUnset = mode === "trackonly" && tracked.length === 0;
  return `nothing to track: ${isUnset ? `mode trackonly needs ${track}` : "nothing is left that could count"}`;
}

function repeatedIn(list: readonly Listed[]): Listed[] {
  const seen = new Set<number>();
  return list.filter(({ number }) => {
    const isRepeated = seen.has(number);
    seen.add(number);
    return isRepeated;
  });
}
