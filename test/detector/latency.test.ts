import { describe, expect, test } from "bun:test";
import { factsInFlight, factsOfReply, type RuleJudgement } from "../../src/detector/facts.ts";
import { judgeLatency } from "../../src/detector/latency.ts";
import { COMMAND, COMMANDS, type CommandName } from "../../src/model/command.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { describeRule } from "./rule.contract.ts";

describeRule({
  rule: aLatencyRule({ acceptableCount: 3, slowMs: 10 }),
  counting: (startMs) => aRequest({ startMs, latencyMs: 20 }),
  passing: (startMs) => aRequest({ startMs, latencyMs: 5 }),
});

describe("judgeLatency", () => {
  const rule = aLatencyRule({ slowMs: 10, emergencyMs: 1000 });

  test.each<[number, RuleJudgement]>([
    [9.999999, "passes"],
    [10, "counts"],
    [999.999999, "counts"],
    [1000, "emergency"],
  ])("%d ms: %s", (latencyMs, expected) => {
    expect(judgeLatency(rule, factsOfReply(aRequest({ latencyMs }), false))).toBe(expected);
    expect(judgeLatency(rule, factsInFlight(COMMAND.SMB2_READ, latencyMs * 1e6, false))).toBe(expected);
  });

  test("a threshold of 0 counts every request", () => {
    const all = aLatencyRule({ slowMs: 0 });
    expect(judgeLatency(all, factsOfReply(aRequest({ latencyNs: 1 }), false))).toBe("counts");
  });

  test("a command without a limit never counts", () => {
    const never = COMMANDS.map(() => Infinity);
    const none = aLatencyRule({ slowNs: never, emergencyNs: never });
    expect(judgeLatency(none, factsOfReply(aRequest({ latencyMs: 3_600_000 }), false))).toBe("passes");
  });

  test("a command outside the table never counts", () => {
    expect(judgeLatency(rule, factsOfReply(aRequest({ command: 99, latencyMs: 5000 }), false))).toBe(
      "passes",
    );
  });

  test.each<[CommandName, boolean, boolean, RuleJudgement]>([
    ["SMB2_IOCTL", true, false, "passes"],
    ["SMB2_IOCTL", true, true, "emergency"],
    ["SMB2_IOCTL", false, false, "emergency"],
    ["SMB2_CREATE", true, false, "emergency"],
  ])("%s of 5 s, on an IPC$ share %p, named %p: %s", (name, onIpc, isNamed, expected) => {
    const named = COMMANDS.map((command) => isNamed && command === name);
    const facts = factsInFlight(COMMAND[name], 5e9, onIpc);
    expect(judgeLatency({ ...rule, named }, facts)).toBe(expected);
  });
});
