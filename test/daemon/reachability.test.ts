import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseBuiltIn, parseConfig } from "../../src/config/config.ts";
import { whyUnreachable } from "../../src/daemon/reachability.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";

const EXAMPLES = join(import.meta.dir, "../../config/examples");

describe("a rule that one process can't trip", () => {
  test("is a rule whose count does not fit into its window at its threshold; the hint names a window that is long enough", () => {
    const rule = aLatencyRule({ slowMs: 100, acceptableCount: 11, emergencyMs: 60_000 });
    expect(whyUnreachable({ ...rule, windowNs: 1e9 })).toBe(
      "11 replies from 100 ms on within 1 s can't be reached by one process that waits for each reply: raise window_sec to 3, or use acceptable_percent",
    );
    expect(whyUnreachable({ ...rule, windowNs: 3e9 })).toBeUndefined();
  });

  test("is no rule of another type, and none that trips by a percentage or by one reply", () => {
    const rule = aLatencyRule({ slowMs: 100, acceptableCount: 11, emergencyMs: 60_000 });
    expect(whyUnreachable({ ...rule, rate: { acceptableShare: 0.5, minReplies: 10 } })).toBeUndefined();
    expect(whyUnreachable({ ...rule, acceptableCount: 1 })).toBeUndefined();
    expect(whyUnreachable({ ...rule, emergencyNs: rule.slowNs })).toBeUndefined();
    expect(whyUnreachable(anErrorRule({ acceptableCount: 1000 }))).toBeUndefined();
  });

  test("does not occur in a shipped configuration", () => {
    const configs = [
      parseBuiltIn().config,
      ...readdirSync(EXAMPLES).map(
        (name) => parseConfig(readFileSync(join(EXAMPLES, name), "utf8"), name).config,
      ),
    ];
    expect(configs.length).toBeGreaterThan(3);
    expect(
      configs.flatMap((config) => config?.rules.flatMap((rule) => whyUnreachable(rule) ?? []) ?? []),
    ).toEqual([]);
  });
});
