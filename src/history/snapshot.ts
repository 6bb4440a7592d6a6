// An incident as the history and `aod incidents --json` show it, and back. Pure. Names are the public contract: change
// none, add with care (docs/incidents.md says what each means). What comes back was written by somebody: whatever is
// not as it has to be makes no incident.

import { SEVERITY, type Standing } from "../model/anomaly.ts";
import { type AttributionSnapshot, encodeAttribution } from "../model/attribution.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import { CAPTURES_MAX, type Hung, type Incident } from "../model/incident.ts";
import { CAUSES, REASONS_MAX, type Verdict } from "../model/verdict.ts";
import { decodeAttribution } from "./attribution.ts";
import { decodeWorst, encodeWorst, type WorstRequest } from "./worst-request.ts";

/** A type and not an interface: it is to fit where any mapping does. */
export type IncidentSnapshot = {
  readonly id: string;
  readonly rule: string;
  readonly type: string;
  readonly share: string;
  readonly kind: string;
  readonly state: string;
  readonly opened_at: string;
  readonly last_at: string;
  readonly resolved_at: string | null;
  readonly count: number;
  readonly worst_ms: number;
  readonly worst: WorstRequest | null;
  readonly attribution: AttributionSnapshot | null;
  readonly hung: { readonly count: number; readonly longest_ms: number } | null;
  readonly standing: { readonly count: number; readonly oldest_ms: number } | null;
  readonly verdict: Verdict | null;
  readonly suppressed: number;
  readonly captures: readonly string[];
};

export function encodeIncident(incident: Incident): IncidentSnapshot {
  const { id, rule, share, kind, state, resolvedAtMs, hung, standing } = incident;
  return {
    ...{ id, rule, type: incident.ruleType, share, kind, state },
    opened_at: utc(incident.openedAtMs),
    last_at: utc(incident.lastAtMs),
    resolved_at: resolvedAtMs === undefined ? null : utc(resolvedAtMs),
    count: incident.count,
    worst_ms: toMs(incident.worstNs),
    worst: incident.worst === undefined ? null : encodeWorst(incident.worst),
    attribution: incident.attribution === undefined ? null : encodeAttribution(incident.attribution),
    hung: hung === undefined ? null : { count: hung.count, longest_ms: toMs(hung.longestNs) },
    standing: standing === undefined ? null : { count: standing.count, oldest_ms: toMs(standing.oldestNs) },
    verdict: incident.verdict ?? null,
    suppressed: incident.suppressed,
    captures: incident.captures,
  };
}

/** Undefined for what is no incident. */
export function decodeIncident(fields: Readonly<Record<string, unknown>>): Incident | undefined {
  const { id, rule, type, share, kind, state, count, worst_ms, captures } = fields;
  const openedAtMs = Date.parse(String(fields.opened_at));
  const lastAtMs = Date.parse(String(fields.last_at));
  const resolvedAtMs = Date.parse(String(fields.resolved_at));
  const isIncident =
    [id, rule, type, share].every((text) => typeof text === "string" && text !== "") &&
    [count, worst_ms, openedAtMs, lastAtMs].every(Number.isFinite) &&
    Object.hasOwn(SEVERITY, String(kind)) &&
    (state === "open" || (state === "resolved" && Number.isFinite(resolvedAtMs)));
  if (!isIncident) return undefined;
  return {
    ...({ id, rule, ruleType: type, share, kind, state, count } as Pick<
      Incident,
      "id" | "rule" | "ruleType" | "share" | "kind" | "state" | "count"
    >),
    ...{ openedAtMs, lastAtMs, resolvedAtMs: state === "open" ? undefined : resolvedAtMs },
    worstNs: toNs(worst_ms),
    worst: decodeWorst(fields.worst),
    attribution: decodeAttribution(fields.attribution),
    hung: decodeHung(fields.hung),
    standing: decodeStanding(fields.standing),
    verdict: decodeVerdict(fields.verdict),
    suppressed: Number.isFinite(fields.suppressed) ? Number(fields.suppressed) : 0,
    captures: (Array.isArray(captures) ? captures : []).filter(isCaptureName).slice(-CAPTURES_MAX),
  };
}

function decodeHung(value: unknown): Hung | undefined {
  const { count, longest_ms } = (value ?? {}) as { count?: unknown; longest_ms?: unknown };
  const isHung = [count, longest_ms].every(Number.isFinite);
  return isHung ? { count: Number(count), longestNs: toNs(longest_ms) } : undefined;
}

function decodeStanding(value: unknown): Standing | undefined {
  const { count, oldest_ms } = (value ?? {}) as { count?: unknown; oldest_ms?: unknown };
  const isStanding = [count, oldest_ms].every(Number.isFinite);
  return isStanding ? { count: Number(count), oldestNs: toNs(oldest_ms) } : undefined;
}

/** Undefined for what is none. */
export function decodeVerdict(value: unknown): Verdict | undefined {
  const { cause, confidence, because } = (value ?? {}) as { readonly [Name in keyof Verdict]?: unknown };
  const known = CAUSES.find((one) => one === cause);
  if (known === undefined || !Number.isFinite(confidence) || !Array.isArray(because)) return undefined;
  const reasons = because.filter((reason) => typeof reason === "string").slice(0, REASONS_MAX);
  return { cause: known, confidence: Math.min(1, Math.max(0, Number(confidence))), because: reasons };
}

function isCaptureName(value: unknown): value is string {
  return typeof value === "string" && parseCaptureName(value) !== undefined;
}

function utc(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** To the microsecond: more would be noise. */
function toMs(ns: number): number {
  return Math.round(ns / 1e3) / 1e3;
}

function toNs(ms: unknown): number {
  return Math.round(Number(ms) * 1e6);
}
