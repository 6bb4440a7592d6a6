// The JSON of an incident in the history and in `aod incidents --json`, encoded and decoded. Pure. The names are the
// public contract: change none, add with care (docs/incidents.md describes each). Lines that are read back may come
// from any program: a line that the schema refuses makes no incident.

import * as v from "valibot";
import { type AnomalyKind, SEVERITY } from "../model/anomaly.ts";
import { type AttributionSnapshot, encodeAttribution } from "../model/attribution.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import { FAMILIES } from "../model/family.ts";
import {
  CAPTURES_MAX,
  type Hung,
  hangAgeNs,
  type Incident,
  type OngoingHang,
  RULES_MAX,
  SHARES_MAX,
} from "../model/incident.ts";
import type { RuleType } from "../model/rule.ts";
import { serverNameOf } from "../model/server-identity.ts";
import {
  countOfRow,
  STATUSES_MAX,
  type StatusCount,
  type StatusRow,
  statusRow,
} from "../model/status-count.ts";
import { CAUSES, REASONS_MAX, type Verdict } from "../model/verdict.ts";
import { decodeAttribution } from "./attribution.ts";
import { decodeWorst, encodeWorst, type WorstRequestRow } from "./worst-request.ts";

/** A type and not an interface, so that it is assignable to any mapping. */
export type IncidentSnapshot = {
  readonly id: string;
  readonly server: string;
  readonly family: string;
  readonly rule: string;
  readonly type: string;
  readonly share: string;
  readonly rules: readonly string[];
  readonly shares: readonly string[];
  readonly kind: string;
  readonly state: string;
  readonly opened_at: string;
  readonly last_at: string;
  readonly resolved_at: string | null;
  readonly count: number;
  readonly worst_ms: number;
  readonly worst: WorstRequestRow | null;
  readonly attribution: AttributionSnapshot | null;
  readonly statuses: readonly StatusRow[];
  readonly hung: { readonly count: number; readonly longest_ms: number } | null;
  readonly standing: { readonly count: number; readonly oldest_ms: number; readonly since: string } | null;
  readonly verdict: Verdict | null;
  readonly suppressed: number;
  readonly captures: readonly string[];
};

/** @param now the time of the document or the line, to which the age of ongoing hangs refers. */
export function encodeIncident(
  incident: Incident,
  now: { readonly epochMs: number; readonly monotonicNs?: number | undefined },
): IncidentSnapshot {
  const { resolvedAtMs, hung, standing } = incident;
  return {
    id: incident.id,
    server: incident.server,
    family: incident.family,
    rule: incident.rule,
    type: incident.ruleType,
    share: incident.share,
    rules: incident.rules,
    shares: incident.shares,
    kind: incident.kind,
    state: incident.state,
    opened_at: utc(incident.openedAtMs),
    last_at: utc(incident.lastAtMs),
    resolved_at: resolvedAtMs === undefined ? null : utc(resolvedAtMs),
    count: incident.count,
    worst_ms: toMs(incident.worstNs),
    worst: incident.worst === undefined ? null : encodeWorst(incident.worst),
    attribution: incident.attribution === undefined ? null : encodeAttribution(incident.attribution),
    statuses: incident.statuses.map(statusRow),
    hung: hung === undefined ? null : { count: hung.count, longest_ms: toMs(hung.longestNs) },
    standing:
      standing === undefined
        ? null
        : {
            count: standing.count,
            oldest_ms: toMs(hangAgeNs(standing, now)),
            since: utc(standing.startedAtMs),
          },
    verdict: incident.verdict ?? null,
    suppressed: incident.suppressed,
    captures: incident.captures,
  };
}

/**
 * Undefined if the value is not an incident. Only the schema decides and converts; methods of the value are never
 * called.
 */
export function decodeIncident(value: unknown): Incident | undefined {
  const { success, output } = v.safeParse(storedIncident, value);
  if (!success) return undefined;
  const { type: ruleType, opened_at, last_at, resolved_at, worst_ms, ...rest } = output;
  if (rest.state === "resolved" && resolved_at === undefined) return undefined;
  const { rule, share, server = serverNameOf(share), rules, shares } = rest;
  return {
    ...rest,
    server,
    family: rest.family ?? (ruleType === "error" ? "refusals" : "availability"),
    rules: rules.length > 0 ? rules : [rule],
    shares: shares.length > 0 ? shares : [share],
    ruleType,
    openedAtMs: opened_at,
    lastAtMs: last_at,
    resolvedAtMs: rest.state === "open" ? undefined : resolved_at,
    worstNs: worst_ms,
    worst: decodeWorst(rest.worst),
    attribution: decodeAttribution(rest.attribution),
    signals: [],
    statuses: rest.statuses,
    hung: rest.hung,
    standing: rest.standing && hangOf(rest.standing, last_at),
    verdict: rest.verdict,
  };
}

/** Undefined if the value is not a verdict. */
export function decodeVerdict(value: unknown): Verdict | undefined {
  const { success, output } = v.safeParse(storedVerdict, value);
  return success ? output : undefined;
}

/** The valid items of a list of statuses; empty if the value is not a list. */
export function decodeStatuses(value: unknown): readonly StatusCount[] {
  const { success, output } = v.safeParse(storedStatuses, value);
  return success ? output : [];
}

// --- schemas of what comes back ---

/** The length of a line is bounded in entry.ts; this bounds a value that becomes a column of a table. */
const TEXT_MAX = 4096;
/** 31 years: longer than any host is up. */
const DURATION_MAX_MS = 1e12;

const RULE_TYPES = ["latency", "error", "stuck", "signal"] as const satisfies readonly RuleType[];

const name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(TEXT_MAX));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const durationNs = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(DURATION_MAX_MS),
  v.transform((ms) => Math.round(ms * 1e6)),
);
const momentMs = v.pipe(v.string(), v.maxLength(TEXT_MAX), v.transform(Date.parse), v.number(), v.finite());
const captureName = v.custom<string>(
  (value) => typeof value === "string" && parseCaptureName(value) !== undefined,
);

/** A list whose malformed items are dropped. */
function listOf<const S extends v.GenericSchema>(item: S) {
  return v.pipe(
    v.array(v.unknown()),
    v.transform((values) => values.filter((one): one is v.InferOutput<S> => v.is(item, one))),
  );
}

const storedVerdict = v.object({
  cause: v.picklist(CAUSES),
  confidence: v.pipe(
    v.number(),
    v.finite(),
    v.transform((value) => Math.min(1, Math.max(0, value))),
  ),
  because: v.pipe(
    listOf(v.string()),
    v.transform((reasons) => reasons.slice(0, REASONS_MAX)),
  ),
});

const storedHung = v.pipe(
  v.object({ count: whole, longest_ms: durationNs }),
  v.transform(({ count, longest_ms: longestNs }): Hung => ({ count, longestNs })),
);

const storedStanding = v.object({
  count: whole,
  oldest_ms: durationNs,
  since: v.fallback(v.optional(momentMs), undefined),
});

/** Lines of an aod that did not write `since` yet have the age at the last report. */
function hangOf(
  { count, oldest_ms, since }: v.InferOutput<typeof storedStanding>,
  lastAtMs: number,
): OngoingHang {
  return { count, startedNs: undefined, startedAtMs: since ?? lastAtMs - oldest_ms / 1e6 };
}

const storedStatuses = v.pipe(
  listOf(
    v.object({
      status: v.pipe(v.string(), v.maxLength(64)),
      nt_status: v.nullable(v.pipe(v.string(), v.regex(/^0x[0-9a-f]{8}$/))),
      errno: v.pipe(v.string(), v.maxLength(64)),
      command: v.nullable(v.pipe(v.string(), v.maxLength(64))),
      count: whole,
    }),
  ),
  v.transform((rows): readonly StatusCount[] =>
    rows.slice(0, STATUSES_MAX).flatMap((row) => countOfRow(row) ?? []),
  ),
);

/** The first distinct names of a list, without malformed items; empty if there is no list. */
function namesUpTo(max: number) {
  return v.fallback(
    v.pipe(
      listOf(name),
      v.transform((names) => [...new Set(names)].slice(0, max)),
    ),
    [],
  );
}

/**
 * The parts that every incident has must be valid; damaged optional parts are dropped. Lines of an aod that had no
 * incident per server yet have no server, family, rules and shares: these are derived from the rule and the share.
 */
const storedIncident = v.object({
  id: name,
  rule: name,
  type: v.picklist(RULE_TYPES),
  share: name,
  server: v.fallback(v.optional(name), undefined),
  family: v.fallback(v.optional(v.picklist(FAMILIES)), undefined),
  rules: namesUpTo(RULES_MAX),
  shares: namesUpTo(SHARES_MAX),
  kind: v.picklist(Object.keys(SEVERITY) as AnomalyKind[]),
  state: v.picklist(["open", "resolved"]),
  opened_at: momentMs,
  last_at: momentMs,
  resolved_at: v.fallback(v.optional(momentMs), undefined),
  count: whole,
  worst_ms: durationNs,
  worst: v.optional(v.unknown()),
  attribution: v.optional(v.unknown()),
  statuses: v.fallback(storedStatuses, []),
  hung: v.fallback(v.optional(storedHung), undefined),
  standing: v.fallback(v.optional(storedStanding), undefined),
  verdict: v.fallback(v.optional(storedVerdict), undefined),
  suppressed: v.fallback(whole, 0),
  captures: v.fallback(
    v.pipe(
      listOf(captureName),
      v.transform((names) => names.slice(-CAPTURES_MAX)),
    ),
    [],
  ),
});

function utc(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** ms, rounded to the microsecond: more digits would be noise. */
function toMs(ns: number): number {
  return Math.round(ns / 1e3) / 1e3;
}
