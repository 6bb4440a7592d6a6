// Entries of type Stuck and Signal, and `match`, which rules of every type have.

import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { COMMAND } from "../../src/model/command.ts";
import type { Rule } from "../../src/model/rule.ts";
import { SIGNALS, signalNumber } from "../../src/model/signal.ts";

function parse(entry: object) {
  return parseConfig(JSON.stringify({ guardian: { anomalies: { x: entry } } }), "f");
}

function ruleOf<Type extends Rule["type"]>(type: Type, entry: object): Extract<Rule, { type: Type }> {
  const { config, problems } = parse({ type, ...entry });
  const rule = config?.rules[0];
  if (rule?.type !== type) throw new Error(problems.map(formatProblem).join("\n"));
  return rule as Extract<Rule, { type: Type }>;
}

const saidOf = (entry: object) =>
  parse(entry).problems.map(
    ({ severity, path, message }) => `${severity} ${path.replace("guardian.anomalies.", "")} ${message}`,
  );

describe("a stuck rule", () => {
  test("without any key applies to every command that may not block indefinitely, and to operations without a request", () => {
    const rule = ruleOf("stuck", {});
    expect(rule.acceptableCount).toBe(1);
    expect(rule.stuckNs[COMMAND.SMB2_WRITE]).toBe(5e9);
    expect(rule.stuckNs[COMMAND.SMB2_CHANGE_NOTIFY]).toBe(Infinity);
    expect(rule.stuckNs[COMMAND.SMB2_LOCK]).toBe(Infinity);
    expect(rule.waitingNs).toBe(5e9);
  });

  test("has a threshold for each command class", () => {
    const track_commands = [{ command: "SMB2_FLUSH", threshold: 30_000 }, { command: "SMB2_LOCK" }];
    const rule = ruleOf("stuck", { threshold_ms: 2000, track_commands });
    expect(rule.stuckNs[COMMAND.SMB2_FLUSH]).toBe(30e9);
    expect(rule.stuckNs[COMMAND.SMB2_LOCK]).toBe(2e9);
    expect(rule.stuckNs[COMMAND.SMB2_READ]).toBe(2e9);
  });

  test.each([
    [{ mode: "trackonly", track_commands: [{ command: "SMB2_READ" }] }],
    [{ match: { command: ["SMB2_READ"] } }],
  ])("about certain commands ignores operations without a request: %j", (entry) => {
    const rule = ruleOf("stuck", entry);
    expect(rule.waitingNs).toBe(Infinity);
    expect(rule.stuckNs.filter((limit) => limit !== Infinity)).toEqual([5e9]);
  });
});

describe("a signal rule", () => {
  test("counts every signal except excluded ones, and names the tracked ones", () => {
    const rule = ruleOf("signal", { track_signals: ["ses_expired"], exclude_signals: ["reconnect"] });
    expect(SIGNALS.filter(({ number }) => !rule.counts[number]).map(({ name }) => name)).toEqual([
      "reconnect",
    ]);
    expect(SIGNALS.filter(({ number }) => rule.named[number]).map(({ name }) => name)).toEqual([
      "ses_expired",
    ]);
  });

  test("in mode trackonly counts only tracked signals", () => {
    const rule = ruleOf("signal", { mode: "trackonly", track_signals: ["credit_timeout"] });
    expect(rule.counts.flatMap((counts, number) => (counts ? [number] : []))).toEqual([
      signalNumber("credit_timeout") as number,
    ]);
  });

  test.each([
    [
      { type: "Signal", track_signals: ["reconect"] },
      'error x.track_signals[0] must be the name of a signal, not "reconect" (did you mean reconnect?)',
    ],
    [{ type: "Signal", mode: "trackonly" }, "error x nothing to track: mode trackonly needs track_signals"],
    [{ type: "Signal", match: { command: ["SMB2_READ"] } }, "error x.match.command unknown key"],
  ])("%j is refused", (entry, message) => {
    expect(saidOf(entry)).toEqual([expect.stringContaining(message)]);
  });
});

describe("match", () => {
  test("limits the commands of every type that has commands", () => {
    const match = { command: ["SMB2_READ"] };
    const latency = ruleOf("latency", { acceptable_count: 1, match });
    expect(latency.slowNs.filter((limit) => limit !== Infinity)).toEqual([10e6]);
    expect(latency.emergencyNs.filter((limit) => limit !== Infinity)).toEqual([1e9]);
    const error = ruleOf("error", { acceptable_count: 1, match });
    expect(error.commands.flatMap((looksAt, command) => (looksAt ? [command] : []))).toEqual([
      COMMAND.SMB2_READ,
    ]);
  });

  test.each([
    ["postgres*", "postgres*"],
    ["a-very-long-name", "a-very-long"],
    ["*-very-long-name", "*-very-long-name"],
  ])("the pattern of process %p is cut to the length of a name in a record", (process, kept) => {
    expect(ruleOf("latency", { acceptable_count: 1, match: { process } }).match.process).toBe(kept);
  });

  test("a process warns if the rule counts buffered reads and writes", () => {
    const process = { process: "postgres" };
    expect(saidOf({ type: "Stuck", match: process })).toEqual([
      expect.stringContaining("warning x.match.process buffered reads and writes are sent by kernel workers"),
    ]);
    expect(saidOf({ type: "Stuck", match: { ...process, command: ["SMB2_CREATE"] } })).toEqual([]);
  });

  test.each(["files", "/files/db", "//", "///x"])("%p is not a pattern of a share", (share) => {
    expect(saidOf({ type: "Stuck", match: { share } })).toEqual([
      expect.stringContaining("error x.match.share must be a pattern of //server/share"),
    ]);
  });

  test("a match that leaves nothing to count is an error", () => {
    expect(saidOf({ type: "Stuck", match: { command: ["SMB2_ECHO"] } })).toEqual([
      expect.stringContaining("error x nothing to track"),
    ]);
  });
});
