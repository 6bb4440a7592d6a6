// A rule in one line, as `aod check` shows it: what it comes to once mode, lists and defaults are worked out, which is
// what the detector applies. In: a rule; out: text. Pure.

import { COMMANDS, commandName } from "../model/command.ts";
import { ERRNO, errnoName } from "../model/errno.ts";
import type { ErrorRule, LatencyRule, Rule } from "../model/rule.ts";

const NS_PER_MS = 1e6;
const NS_PER_SEC = 1e9;

/** A list this long is better told by what is not on it. */
const MANY = 8;

/** `NAME (Type): COUNT in N s of …; collects …`. */
export function summarizeRule(rule: Rule): string {
  const { name, acceptableCount, windowNs, actions } = rule;
  const isLatency = rule.type === "latency";
  const what = isLatency ? summarizeLatency(rule) : summarizeError(rule);
  const title = `${name} (${isLatency ? "Latency" : "Error"})`;
  const collects = actions.length === 0 ? "no actions" : actions.join(" ");
  return `${title}: ${acceptableCount} in ${windowNs / NS_PER_SEC} s of ${what}; collects ${collects}`;
}

function summarizeLatency({ slowNs, emergencyNs }: LatencyRule): string {
  const byLimit = Map.groupBy(COMMANDS.keys(), (command) => slowNs[command] ?? Number.POSITIVE_INFINITY);
  const never = byLimit.get(Number.POSITIVE_INFINITY) ?? [];
  byLimit.delete(Number.POSITIVE_INFINITY);
  const parts = [...byLimit].sort(([, a], [, b]) => a.length - b.length);
  const limits = parts.map(([limitNs, commands]) => {
    const isRest = commands.length >= MANY;
    const others = parts.length > 1 ? "every other command" : "every command";
    const who = isRest ? others : commands.map(commandName).join(" ");
    return limitNs === 0 ? `${who} whatever it takes` : `${who} from ${limitNs / NS_PER_MS} ms`;
  });
  const hasRest = parts.some(([, commands]) => commands.length >= MANY);
  if (hasRest && never.length > 0) limits.push(`never ${never.map(commandName).join(" ")}`);
  const emergencyMs = Math.min(...emergencyNs) / NS_PER_MS;
  return `${limits.join(", ")}; one of ${emergencyMs} ms at once`;
}

function summarizeError({ counts, named }: ErrorRule): string {
  const known = Object.values(ERRNO);
  const counted = known.filter((errno) => counts[errno]);
  if (counted.length < MANY * 2) return counted.map(errnoName).join(" ");
  const out = known.filter((errno) => !counts[errno]);
  const also = known.filter((errno) => named[errno]);
  const but = out.length === 0 ? "" : ` but ${out.map(errnoName).join(" ")}`;
  return `any errno${but}${also.length === 0 ? "" : `, everyday answers too for ${also.map(errnoName).join(" ")}`}`;
}
