// An incident: the anomalies of one family of one server, of whatever rules and shares, from the first until it has been
// quiet for a while. Plain data.

import type { AnomalyKind } from "./anomaly.ts";
import type { Attribution } from "./attribution.ts";
import type { Family } from "./family.ts";
import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";
import type { StatusCount } from "./status-count.ts";
import type { Verdict } from "./verdict.ts";

/** The newest captures that an incident names: the janitor deletes by age and size, and some incidents last for days. */
export const CAPTURES_MAX = 32;

/** Kinds of signals that an incident remembers. */
export const SIGNALS_MAX = 16;

/** The shares that an incident names and tells apart: names come from servers. */
export const SHARES_MAX = 64;
/** The rules that an incident names. */
export const RULES_MAX = 64;

/** Whose trouble an incident holds. */
export interface IncidentScope {
  /** Of its first anomaly, as serverNameOf has it. */
  readonly server: string;
  readonly family: Family;
  /** Names of the rules that have reported something, in the order of their first anomaly, the first RULES_MAX. */
  readonly rules: readonly string[];
  /** Likewise the shares, the first SHARES_MAX. */
  readonly shares: readonly string[];
}

export interface Incident extends IncidentScope {
  readonly id: string;
  /** Of its first anomaly. */
  readonly rule: string;
  /** Of its first anomaly. */
  readonly ruleType: RuleType;
  /** Of its first anomaly. */
  readonly share: string;
  readonly state: "open" | "resolved";
  /** The worst kind so far. */
  readonly kind: AnomalyKind;
  /** When its first anomaly came, ms since 1970 UTC. */
  readonly openedAtMs: number;
  /** When its last anomaly came, or what hung had ended. */
  readonly lastAtMs: number;
  readonly resolvedAtMs: number | undefined;
  /** Requests that counted; one that several rules counted on its share, once. */
  readonly count: number;
  readonly worstNs: number;
  /** The longest request that an anomaly showed, as it was then; undefined where none showed one. */
  readonly worst: Request | undefined;
  /** Whose trouble it is, as it was when it opened, became worse or was captured. */
  readonly attribution: Attribution | undefined;
  /**
   * The last signals that counted, one of each kind and errno, at most SIGNALS_MAX: what the verdict of a later capture has to know.
   * The history does not have them.
   */
  readonly signals: readonly Request[];
  /** The statuses of the requests that counted for rules of type Error, the most frequent first. */
  readonly statuses: readonly StatusCount[];
  /** What hangs at this moment, on all shares; undefined where nothing does. */
  readonly standing: OngoingHang | undefined;
  /** What hung: the most in one go, and the longest of all; undefined where nothing did. */
  readonly hung: Hung | undefined;
  /** Names of its captures, oldest first, the newest CAPTURES_MAX. */
  readonly captures: readonly string[];
  /** Of its newest capture that names a cause, else of its newest; undefined before the first. */
  readonly verdict: Verdict | undefined;
  /** Captures that were not made because of the cooldown or of an hour's limits. */
  readonly suppressed: number;
}

/** Requests and operations that hang now. It has no age: an age is computed when it is shown (hangAgeNs). */
export interface OngoingHang {
  /** At least 1. */
  readonly count: number;
  /** When the oldest began, ns of CLOCK_MONOTONIC; undefined where it was read from the history, which another boot may have written. */
  readonly startedNs: number | undefined;
  /** The same by the time of day as it was at the last report, ms since 1970 UTC. */
  readonly startedAtMs: number;
}

/** Age of the oldest, ns, 0 at least. @param now without CLOCK_MONOTONIC where only the time of day is known. */
export function hangAgeNs(
  { startedNs, startedAtMs }: OngoingHang,
  now: { readonly epochMs: number; readonly monotonicNs?: number | undefined },
): number {
  const ageNs =
    startedNs === undefined || now.monotonicNs === undefined
      ? (now.epochMs - startedAtMs) * 1e6
      : now.monotonicNs - startedNs;
  return Math.max(0, ageNs);
}

export interface Hung {
  /** The most between two moments when nothing did. */
  readonly count: number;
  readonly longestNs: number;
}

/** A name and how many others there are beside it, for a column: `//files/db +2`. @param all with the first. */
export function withOthers(first: string, all: readonly string[]): string {
  return all.length > 1 ? `${first} +${all.length - 1}` : first;
}

/** Something hung, and nothing of its incident hangs any more. */
export interface EndedHang {
  /** Requests and operations that hung since nothing did. */
  readonly count: number;
  /** Those of them that ended without a reply: their process was killed, or their connection lost. */
  readonly abandoned: number;
  /** The longest that one of them took to its end, ns. */
  readonly longestNs: number;
}
