// Which incidents and captures a list shows: `--since`, `--until`, `--rule`, `--share`. Pure: the present is an
// argument.

import type { ArgsDef } from "citty";
import { AodError } from "../model/failure.ts";
import { globTest } from "../model/glob.ts";
import { parseTime } from "./time-text.ts";

export const FILTER_ARGUMENTS = {
  since: { type: "string", valueHint: "TIME", description: "not older: 1h, 2d, 10:30, 2026-12-01, today" },
  until: { type: "string", valueHint: "TIME", description: "not younger; the same forms" },
  rule: {
    type: "string",
    valueHint: "NAME",
    description: "of this rule; * and ? stand for any text and character",
  },
  share: {
    type: "string",
    valueHint: "SHARE",
    description: "of shares whose name holds this; with * or ?, that match it whole",
  },
} as const satisfies ArgsDef;

export type FilterValues = Readonly<Partial<Record<keyof typeof FILTER_ARGUMENTS, string | undefined>>>;

/** The properties of an item that a filter compares. */
export interface Filtered {
  /** ms since 1970 UTC; an incident lasts, a capture has the same time twice. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly rules: readonly string[];
  /** Empty where they are not known: then `--share` leaves the item out. */
  readonly shares: readonly string[];
}

export type HistoryFilter = (item: Filtered) => boolean;

/** Throws USAGE for a time that can't be read, and for an end before the beginning. */
export function makeHistoryFilter({ since, until, rule, share }: FilterValues, nowMs: number): HistoryFilter {
  const sinceMs = since === undefined ? -Infinity : parseTime(since, nowMs, "--since");
  const untilMs = until === undefined ? Infinity : parseTime(until, nowMs, "--until");
  if (untilMs < sinceMs) throw new AodError("USAGE", `--until ${until} is before --since ${since}`);
  const isRule = rule === undefined ? () => true : globTest(rule);
  const isShare = share === undefined ? undefined : shareTest(share);
  return ({ beganMs, endedMs, rules, shares }) =>
    endedMs >= sinceMs &&
    beganMs <= untilMs &&
    rules.some(isRule) &&
    (isShare === undefined || shares.some(isShare));
}

export function isFiltering(values: FilterValues): boolean {
  return Object.keys(FILTER_ARGUMENTS).some((name) => values[name as keyof FilterValues] !== undefined);
}

// --- internal ---

/** Shares have no case. */
function shareTest(text: string): (share: string) => boolean {
  const wanted = text.toLowerCase();
  const test = /[*?]/.test(wanted) ? globTest(wanted) : (name: string) => name.includes(wanted);
  return (share) => test(share.toLowerCase());
}
