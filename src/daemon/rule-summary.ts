// A rule in one line, as `aod check` shows it: after mode, lists and defaults are resolved, which is what the detector
// applies. Pure.

import { RULE_TYPES } from "../config/schema.ts";
import { COMMANDS, commandName } from "../model/command.ts";
import { ERRNO, errnoName } from "../model/errno.ts";
import { NT_STATUSES } from "../model/nt-status.ts";
import type { ErrorRule, LatencyRule, RateLimit, Rule, SignalRule, StuckRule } from "../model/rule.ts";
import { SIGNALS } from "../model/signal.ts";

const NS_PER_MS = 1e6;
const NS_PER_SEC = 1e9;

/** A list of at least this length is described by what is not in it. */
const MANY = 8;

/** `NAME (Type): COUNT in N s of …; collects …`. */
export function summarizeRule(rule: Rule): string {
  const { name, actions, match } = rule;
  const only = Object.entries(match).flatMap(([key, pattern]) =>
    pattern === undefined ? [] : [`${key} ${pattern}`],
  );
  const narrowed = only.length === 0 ? "" : `; only ${only.join(", ")}`;
  const collects = actions.length === 0 ? "no actions" : actions.join(" ");
  return `${name} (${RULE_TYPES[rule.type].title}): ${summarizeTrip(rule)}${narrowed}; collects ${collects}`;
}

function summarizeTrip(rule: Rule): string {
  const { acceptableCount, windowNs } = rule;
  const window = `${acceptableCount} in ${windowNs / NS_PER_SEC} s`;
  switch (rule.type) {
    case "latency":
      return `${rule.rate === undefined ? window : summarizeRate(rule.rate, windowNs)} of ${summarizeLatency(rule)}`;
    case "error":
      return `${rule.rate === undefined ? window : summarizeRate(rule.rate, windowNs)} of ${summarizeError(rule)}`;
    case "stuck":
      return `${acceptableCount} at one time of ${summarizeStuck(rule)}`;
    case "signal":
      return `${window} of ${summarizeSignal(rule)}`;
    default:
      return rule satisfies never;
  }
}

function summarizeRate({ acceptableShare, minReplies }: RateLimit, windowNs: number): string {
  return `${acceptableShare * 100} % of at least ${minReplies} replies in ${windowNs / NS_PER_SEC} s`;
}

function summarizeLatency({ slowNs, emergencyNs }: LatencyRule): string {
  const emergencyMs = Math.min(...emergencyNs) / NS_PER_MS;
  return `${summarizeLimits(slowNs)}; one of ${emergencyMs} ms at once`;
}

function summarizeStuck({ stuckNs, waitingNs }: StuckRule): string {
  const waiting =
    waitingNs === Infinity ? "" : `, operations that wait to be sent from ${waitingNs / NS_PER_MS} ms`;
  return `${summarizeLimits(stuckNs)} without a reply${waiting}`;
}

/** The signals that count for a rule of type Signal. */
export function summarizeSignal({ counts, named }: SignalRule): string {
  const counted = SIGNALS.filter(
    ({ number, class: kind }) => counts[number] && (kind !== "everyday" || named[number]),
  );
  return counted
    .map(({ number, name, class: kind }) =>
      kind === "trouble" || named[number] ? name : `${name} (while a request waits)`,
    )
    .join(" ");
}

/** The limits by command, for a rule of type Latency or Stuck. */
export function summarizeLimits(slowNs: readonly number[]): string {
  const byLimit = Map.groupBy(COMMANDS.keys(), (command) => slowNs[command] ?? Number.POSITIVE_INFINITY);
  const never = byLimit.get(Number.POSITIVE_INFINITY) ?? [];
  byLimit.delete(Number.POSITIVE_INFINITY);
  const parts = [...byLimit].sort(([, a], [, b]) => a.length - b.length);
  const limits = parts.map(([limitNs, commands]) => {
    const isRest = commands.length >= MANY;
    const others = parts.length > 1 ? "every other command" : "every command";
    const subject = isRest ? others : commands.map(commandName).join(" ");
    return limitNs === 0 ? `${subject} of any latency` : `${subject} from ${limitNs / NS_PER_MS} ms`;
  });
  const hasRest = parts.some(([, commands]) => commands.length >= MANY);
  if (hasRest && never.length > 0) limits.push(`never ${never.map(commandName).join(" ")}`);
  return limits.join(", ");
}

/** The statuses and errnos that count for a rule of type Error. */
export function summarizeError(rule: ErrorRule): string {
  const statuses = NT_STATUSES.filter(({ status }) => status in rule.statuses);
  const also = statuses.filter(({ status }) => rule.statuses[status]).map(({ name }) => name);
  const never = statuses.filter(({ status }) => !rule.statuses[status]).map(({ name }) => name);
  const atOnce = NT_STATUSES.filter(({ status }) => rule.emergency[status]).map(({ name }) => name);
  return [
    [summarizeErrnos(rule), ...also].filter((text) => text !== "").join(" "),
    ...(never.length === 0 ? [] : [`never ${never.join(" ")}`]),
    ...(atOnce.length === 0 ? [] : [`one of ${atOnce.join(" ")} at once`]),
  ].join("; ");
}

function summarizeErrnos({ counts, named }: ErrorRule): string {
  const known = Object.values(ERRNO);
  const counted = known.filter((errno) => counts[errno]);
  if (counted.length < MANY * 2) return counted.map(errnoName).join(" ");
  const out = known.filter((errno) => !counts[errno]);
  const also = known.filter((errno) => named[errno]);
  const but = out.length === 0 ? "" : ` but ${out.map(errnoName).join(" ")}`;
  return `any errno${but}${also.length === 0 ? "" : `, everyday answers too for ${also.map(errnoName).join(" ")}`}`;
}
