// Rules as sentences: those of the shipped configuration, word for word as `aod rules` prints them.

import { describe, expect, test } from "bun:test";
import { type Closest, closestText, nearestText, ruleLines, watchesText } from "../../src/cli/rule-words.ts";
import { parseBuiltIn } from "../../src/config/config.ts";
import type { Rule } from "../../src/model/rule.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";

const { rules } = parseBuiltIn().config;
const named = (name: string): Rule => {
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
};
const closest = (parts: Partial<Closest>): Closest => ({
  rule: "slow-requests",
  share: "//files/projects",
  at: "2026-11-30T17:19:03.456Z",
  counted: 7,
  replies: 20,
  ratio: 0.7,
  ...parts,
});

describe("what a rule watches", () => {
  test("is one sentence, for each built-in rule", () => {
    for (const rule of rules) {
      expect(watchesText(rule)).toMatch(/^trips when /);
      expect(watchesText(rule)).not.toMatch(/undefined|NaN|Infinity/);
    }
    expect(watchesText(named("slow-requests"))).toStartWith(
      "trips when 50 % of at least 10 replies of one share within 10 s take long (",
    );
    expect(watchesText(named("stuck-requests"))).toStartWith(
      "trips when 1 request of one share has no reply (",
    );
  });

  test("names the share and the process to which a rule is limited", () => {
    const match = { share: "//files/*", process: "postgres*" };
    expect(watchesText({ ...aLatencyRule({ slowMs: 100 }), match })).toEndWith(
      "; only share //files/*, process postgres*",
    );
  });
});

describe("how near a rule came", () => {
  test.each([
    [
      "by a share of replies",
      named("slow-requests"),
      closest({}),
      "at most 7 of 20 replies, //files/projects, 17:19:03 UTC",
    ],
    [
      "by a count",
      aLatencyRule({ slowMs: 100, acceptableCount: 10 }),
      closest({ replies: null }),
      "at most 7 of 10, //files/projects, 17:19:03 UTC",
    ],
    [
      "and tripped",
      anErrorRule({ acceptableCount: 5 }),
      closest({ counted: 5, replies: null, ratio: 1 }),
      "at most 5 of 5, which trips it, //files/projects, 17:19:03 UTC",
    ],
    ["not at all", named("slow-requests"), undefined, "nothing counted"],
  ] as const)("%s", (_, rule, near, text) => {
    expect(closestText(rule, near)).toBe(text);
  });

  test("shows no control character of a share's name", () => {
    expect(closestText(named("slow-requests"), closest({ share: "//x/\u001b[31m" }))).not.toContain("\u001b");
  });

  test("is reported for the nearest rule, and for none if nothing counted", () => {
    const others = closest({ rule: "failed-requests", counted: 1, replies: null, ratio: 0.2 });
    expect(nearestText(rules, [others, closest({})])).toBe(
      "closest: slow-requests, at most 7 of 20 replies, //files/projects, 17:19:03 UTC",
    );
    expect(nearestText(rules, [])).toBeUndefined();
    expect(nearestText(rules, [closest({ rule: "gone" })])).toBeUndefined();
  });

  test("is not known without an aod", () => {
    expect(ruleLines(rules, undefined).filter((line) => line.includes("aod is not running"))).toHaveLength(
      rules.length,
    );
    expect(ruleLines(rules, []).filter((line) => line.endsWith("nothing counted"))).toHaveLength(
      rules.length,
    );
  });
});
