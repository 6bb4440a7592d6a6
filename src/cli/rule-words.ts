// Rules as sentences, and how near they came to tripping: for `aod rules` and for an empty list of incidents. Pure.

import type { Status } from "../api/status.ts";
import { RULE_TYPES } from "../config/schema.ts";
import { summarizeError, summarizeLimits, summarizeSignal } from "../daemon/rule-summary.ts";
import { escapeControls } from "../model/escape.ts";
import { durationTextOfNs } from "../model/figure.ts";
import type { Rule, RuleMatch } from "../model/rule.ts";

export type Closest = Status["approaches"][number];

/** What a rule watches, in one sentence. */
export function watchesText(rule: Rule): string {
  return `trips when ${conditionOf(rule)}${matchText(rule.match)}`;
}

/**
 * `at most 7 of 10, //files/projects, 17:19:03 UTC`.
 * @param closest undefined if nothing counted in the last hour.
 */
export function closestText(rule: Rule, closest: Closest | undefined): string {
  if (closest === undefined) return "nothing counted";
  const time = `${closest.at.slice(11, 19)} UTC`;
  const tripped = closest.ratio >= 1 ? ", which trips it" : "";
  return escapeControls(`at most ${fullness(rule, closest)}${tripped}, ${closest.share}, ${time}`);
}

/** Three lines a rule, with a blank line between rules. @param approaches undefined if no aod answers. */
export function ruleLines(
  rules: readonly Rule[],
  approaches: readonly Closest[] | undefined,
): readonly string[] {
  return rules.flatMap((rule, index) => {
    const closest = approaches?.find((one) => one.rule === rule.name);
    const near = approaches === undefined ? "not known: aod is not running" : closestText(rule, closest);
    return [
      ...(index === 0 ? [] : [""]),
      `${rule.name} (${RULE_TYPES[rule.type].title})`,
      `  ${watchesText(rule)}`,
      `  in the last hour: ${near}`,
    ];
  });
}

/** The rule that came nearest: `closest: slow-requests, at most 7 of 10, …`; undefined if nothing counted. */
export function nearestText(rules: readonly Rule[], approaches: readonly Closest[]): string | undefined {
  const nearest = approaches.toSorted((a, b) => b.ratio - a.ratio)[0];
  const rule = rules.find(({ name }) => name === nearest?.rule);
  return rule === undefined ? undefined : `closest: ${rule.name}, ${closestText(rule, nearest)}`;
}

// --- internal ---

function conditionOf(rule: Rule): string {
  const within = `within ${durationTextOfNs(rule.windowNs)}`;
  switch (rule.type) {
    case "latency": {
      const emergencyNs = Math.min(...rule.emergencyNs);
      const atOnce = emergencyNs === Infinity ? "" : `, or one takes ${durationTextOfNs(emergencyNs)}`;
      return `${manyOf(rule, "replies")} of one share ${within} ${isOne(rule) ? "takes" : "take"} long (${summarizeLimits(rule.slowNs)})${atOnce}`;
    }
    case "error":
      return `${manyOf(rule, "replies")} of one share ${within} ${isOne(rule) ? "fails" : "fail"} (${summarizeError(rule)})`;
    case "stuck": {
      const stuck = isOne(rule)
        ? "1 request of one share has"
        : `${rule.acceptableCount} requests of one share at one time have`;
      return `${stuck} no reply (${summarizeLimits(rule.stuckNs)})`;
    }
    case "signal":
      return `the kernel's client or log reports ${countText(rule.acceptableCount, "signal")} of one server ${within} (${summarizeSignal(rule)})`;
    default:
      return rule satisfies never;
  }
}

function manyOf(rule: Extract<Rule, { type: "latency" | "error" }>, what: string): string {
  const { rate, acceptableCount } = rule;
  if (rate === undefined) return countText(acceptableCount, what.replace(/ies$/, "y"), what);
  const percent = Math.round(rate.acceptableShare * 1e4) / 100;
  return `${percent} % of at least ${rate.minReplies} ${what}`;
}

function isOne({ acceptableCount, ...rule }: Rule): boolean {
  return acceptableCount === 1 && !("rate" in rule && rule.rate !== undefined);
}

function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function fullness(rule: Rule, { counted, replies }: Closest): string {
  if ((rule.type === "latency" || rule.type === "error") && rule.rate !== undefined)
    return replies === null ? String(counted) : `${counted} of ${replies} replies`;
  return `${counted} of ${rule.acceptableCount}`;
}

function matchText({ share, process }: RuleMatch): string {
  const only = [
    ...(share === undefined ? [] : [`share ${share}`]),
    ...(process === undefined ? [] : [`process ${process}`]),
  ];
  return only.length === 0 ? "" : `; only ${only.join(", ")}`;
}
