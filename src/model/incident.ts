// An incident: the anomalies of one family of one server, of any rules and shares, from the first until none has come
// for a while. Plain data.

import type { AnomalyKind } from "./anomaly.ts";
import type { Attribution } from "./attribution.ts";
import type { Family } from "./family.ts";
import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";
import type { StatusCount } from "./status-count.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The newest captures that an incident names: the janitor deletes by age and size, and an incident may last for days.
 */
export const CAPTURES_MAX = 32;

/** Kinds of signals that an incident stores. */
export const SIGNALS_MAX = 16;

/** The most shares that an incident names and distinguishes: their names come from servers. */
export const SHARES_MAX = 64;
/** The most rules that an incident names. */
export const RULES_MAX = 64;

/** The server, family, rules and shares of an incident. */
export interface IncidentScope {
  /** The server of its first anomaly, as serverNameOf has it. */
  readonly server: string;
  readonly family: Family;
  /** Names of the rules that reported an anomaly, in the order of their first one, the first RULES_MAX. */
  readonly rules: readonly string[];
  /** The shares in the same order, the first SHARES_MAX. */
  readonly shares: readonly string[];
}

export interface Incident extends IncidentScope {
  readonly id: string;
  /** The rule of its first anomaly. */
  readonly rule: string;
  /** The type of that rule. */
  readonly ruleType: RuleType;
  /** The share of its first anomaly. */
  readonly share: string;
  readonly state: "open" | "resolved";
  /** The worst kind so far. */
  readonly kind: AnomalyKind;
  /** When its first anomaly came, ms since 1970 UTC. */
  readonly openedAtMs: number;
  /** When its last anomaly came, or when the last hanging request ended. */
  readonly lastAtMs: number;
  readonly resolvedAtMs: number | undefined;
  /** Requests that counted; a request that several rules counted is counted once. */
  readonly count: number;
  readonly worstNs: number;
  /** The longest request of an anomaly, as it was then; undefined if no anomaly had one. */
  readonly worst: Request | undefined;
  /** The attribution at the time when it opened, became worse or was captured. */
  readonly attribution: Attribution | undefined;
  /**
   * The last signals that counted, one of each kind and errno, at most SIGNALS_MAX, for the verdict of a later capture.
   * The history does not have them.
   */
  readonly signals: readonly Request[];
  /** The statuses of the requests that counted for rules of type Error, the most frequent first. */
  readonly statuses: readonly StatusCount[];
  /** The requests and operations that hang at this moment, on all shares; undefined if none does. */
  readonly standing: OngoingHang | undefined;
  /** The most requests and operations that hung at a time, and the longest of all; undefined if none hung. */
  readonly hung: Hung | undefined;
  /** Names of its captures, oldest first, the newest CAPTURES_MAX. */
  readonly captures: readonly string[];
  /** The verdict of its newest capture that names a cause, else of its newest; undefined before the first capture. */
  readonly verdict: Verdict | undefined;
  /** Captures that were suppressed by the cooldown or by the limits of an hour. */
  readonly suppressed: number;
}

/** Requests and operations that hang now. It has no age: an age is computed when it is shown (hangAgeNs). */
export interface OngoingHang {
  /** At least 1. */
  readonly count: number;
  /** When the oldest began, ns of CLOCK_MONOTONIC; undefined if read from the history, maybe of another boot. */
  readonly startedNs: number | undefined;
  /** The same as time of day, by the clock at the last report, ms since 1970 UTC. */
  readonly startedAtMs: number;
}

/** Age of the oldest, ns, at least 0. @param now without CLOCK_MONOTONIC if only the time of day is known. */
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
  /** The most that hung between two moments when nothing did. */
  readonly count: number;
  readonly longestNs: number;
}

/** A name and the number of further names, for a column: `//files/db +2`. @param all includes the first. */
export function withOthers(first: string, all: readonly string[]): string {
  return all.length > 1 ? `${first} +${all.length - 1}` : first;
}

/** The end of a hang: no request or operation of its incident hangs any more. */
export interface EndedHang {
  /** Requests and operations that hung since the last moment when none did. */
  readonly count: number;
  /** Those of them that ended without a reply: their process was killed, or their connection lost. */
  readonly abandoned: number;
  /** The longest time that one of them took to its end, ns. */
  readonly longestNs: number;
}
