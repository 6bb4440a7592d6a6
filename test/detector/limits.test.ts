import { describe, expect, test } from "bun:test";
import { CHECK_AFTER_NS, limitsOfAll } from "../../src/detector/limits.ts";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";

describe("limitsOfAll", () => {
  test("the limit of a command is the lowest of all rules", () => {
    const read = COMMANDS.map((_, command) => (command === COMMAND.SMB2_READ ? 5e6 : Infinity));
    const { slowNs, emergencyNs, lowestNs } = limitsOfAll([
      aLatencyRule({ slowMs: 20, emergencyMs: 900 }),
      aLatencyRule({ slowNs: read, emergencyMs: 1000 }),
      anErrorRule(),
    ]);
    expect([slowNs[COMMAND.SMB2_READ], slowNs[COMMAND.SMB2_WRITE]]).toEqual([5e6, 20e6]);
    expect(new Set(emergencyNs)).toEqual(new Set([900e6]));
    expect(lowestNs).toBe(5e6);
  });

  test("without a latency rule nothing is slow, but requests in flight are still checked", () => {
    const { slowNs, lowestNs } = limitsOfAll([anErrorRule()]);
    expect(new Set(slowNs)).toEqual(new Set([Infinity]));
    expect(lowestNs).toBe(CHECK_AFTER_NS);
  });
});
