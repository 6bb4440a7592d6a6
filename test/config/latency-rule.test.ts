import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { COMMAND, COMMANDS, type CommandName } from "../../src/model/command.ts";
import type { LatencyRule } from "../../src/model/rule.ts";
import { type Random, seeded } from "../helpers/random.ts";

const MS = 1e6;
const NEVER = Number.POSITIVE_INFINITY;

function parse(keys: object) {
  const slow = { type: "Latency", acceptable_count: 10, ...keys };
  return parseConfig(JSON.stringify({ guardian: { anomalies: { slow } } }), "f");
}

function ruleOf(keys: object): LatencyRule {
  const rule = parse(keys).config?.rules[0];
  if (rule?.type !== "latency") throw new Error(parse(keys).problems.map(formatProblem).join("\n"));
  return rule;
}

const problemsOf = (keys: object) =>
  parse(keys).problems.map(({ severity, path, message }) => `${severity} ${path} ${message}`);

describe("a latency rule", () => {
  test("in mode all has limits of tracked commands, the default, and none for excluded ones", () => {
    const { slowNs, emergencyNs, named } = ruleOf({
      default_threshold_ms: 20,
      emergency_threshold_ms: 500,
      track_commands: [{ command: "SMB2_WRITE", threshold: 50.5 }, { command: "SMB2_READ" }],
      exclude_commands: ["SMB2_CREATE"],
    });
    const at = (name: CommandName) => [slowNs, emergencyNs, named].map((list) => list[COMMAND[name]]);
    expect(at("SMB2_WRITE")).toEqual([50.5 * MS, 500 * MS, true]);
    expect(at("SMB2_READ")).toEqual([20 * MS, 500 * MS, true]);
    expect(at("SMB2_CLOSE")).toEqual([20 * MS, 500 * MS, false]);
    expect(at("SMB2_CREATE")).toEqual([NEVER, NEVER, false]);
  });

  test("has the window of the file, or one of its own", () => {
    const text = (keys: object) =>
      JSON.stringify({
        watch_interval_sec: 3,
        guardian: { anomalies: { slow: { type: "Latency", acceptable_count: 1, ...keys } } },
      });
    expect(parseConfig(text({})).config?.rules[0]?.windowNs).toBe(3e9);
    expect(parseConfig(text({ window_sec: 12.5 })).config?.rules[0]?.windowNs).toBe(12.5e9);
  });

  test("trips by a share of the replies in place of a count", () => {
    const rate = { acceptable_count: undefined, acceptable_percent: 50 };
    expect(ruleOf(rate).rate).toEqual({ acceptableShare: 0.5, minReplies: 100 });
    expect(ruleOf({ ...rate, min_requests: 10 }).rate?.minReplies).toBe(10);
    expect(ruleOf({}).rate).toBeUndefined();
    expect(problemsOf({ acceptable_percent: 50 })).toEqual([
      "error guardian.anomalies.slow.acceptable_percent conflicts with acceptable_count: only one of them can decide",
    ]);
  });

  test("ignores commands that may block indefinitely unless they are tracked; an IOCTL may concern a file", () => {
    const quiet = ruleOf({});
    const named = ruleOf({ track_commands: [{ command: "SMB2_LOCK", threshold: 100 }] });
    for (const command of ["SMB2_CHANGE_NOTIFY", "SMB2_LOCK"] as const) {
      expect(quiet.slowNs[COMMAND[command]]).toBe(NEVER);
      expect(quiet.emergencyNs[COMMAND[command]]).toBe(NEVER);
    }
    expect(named.slowNs[COMMAND.SMB2_LOCK]).toBe(100 * MS);
    expect(named.emergencyNs[COMMAND.SMB2_LOCK]).toBe(1000 * MS);
    expect(named.slowNs[COMMAND.SMB2_CHANGE_NOTIFY]).toBe(NEVER);
    expect(quiet.slowNs[COMMAND.SMB2_IOCTL]).toBe(10 * MS);
  });

  test("with threshold 0 counts every request", () => {
    expect(ruleOf({ default_threshold_ms: 0 }).slowNs[COMMAND.SMB2_READ]).toBe(0);
  });

  test("follows its mode, whatever is in the lists", () => {
    const random = seeded();
    for (let i = 0; i < 300; i++) {
      const { mode, tracked, excluded, keys } = randomKeys(random);
      const rule = ruleOf(keys);
      for (const [command, name] of COMMANDS.entries()) {
        const isNamed = mode !== "excludeonly" && tracked.has(name);
        const isIn = mode === "trackonly" ? isNamed : !excluded.has(name);
        const waits = name === "SMB2_LOCK" || name === "SMB2_CHANGE_NOTIFY";
        const counts = isIn && (isNamed || !waits);
        const limitMs = isNamed ? (tracked.get(name) ?? 10) : 10;
        const hint = `${random.seedText} ${JSON.stringify(keys)} ${name}`;
        expect(rule.slowNs[command], hint).toBe(counts ? limitMs * MS : NEVER);
        expect(rule.emergencyNs[command], hint).toBe(counts ? 1000 * MS : NEVER);
        expect(rule.named[command], hint).toBe(isNamed);
      }
    }
  });
});

describe("the check of a latency entry", () => {
  const READ = { command: "SMB2_READ" };

  test.each([
    [
      "a name both tracked and excluded",
      { track_commands: [READ], exclude_commands: ["SMB2_READ"] },
      "error guardian.anomalies.slow.exclude_commands[0] SMB2_READ is both",
    ],
    [
      "a list that trackonly does not use",
      { mode: "trackonly", track_commands: [READ], exclude_commands: ["SMB2_READ"] },
      "warning guardian.anomalies.slow.exclude_commands mode trackonly does not use it",
    ],
    [
      "a list that excludeonly does not use",
      { mode: "excludeonly", track_commands: [READ] },
      "warning guardian.anomalies.slow.track_commands mode excludeonly does not use it",
    ],
    [
      "trackonly without a list",
      { mode: "trackonly" },
      "error guardian.anomalies.slow nothing to track: mode trackonly needs track_commands",
    ],
    [
      "everything excluded",
      { mode: "excludeonly", exclude_commands: COMMANDS },
      "error guardian.anomalies.slow nothing to track",
    ],
    [
      "all excluded that has replies and does not wait",
      {
        exclude_commands: COMMANDS.filter((name) => !/LOCK|NOTIF|ECHO|CANCEL/.test(name)).concat(
          "SMB2_OPLOCK_BREAK",
        ),
      },
      "error guardian.anomalies.slow nothing to track",
    ],
    [
      "a command without replies",
      { track_commands: [READ, { command: "SMB2_ECHO" }] },
      "warning guardian.anomalies.slow.track_commands[1] the kernel reports no reply of SMB2_ECHO",
    ],
    [
      "two thresholds of one command",
      { track_commands: [READ, { command: "SMB2_READ", threshold: 5 }] },
      "error guardian.anomalies.slow.track_commands[1] SMB2_READ is in the list twice",
    ],
    [
      "one command twice",
      { track_commands: [READ, READ] },
      "warning guardian.anomalies.slow.track_commands[1] SMB2_READ is in the list twice",
    ],
    [
      "one exclude twice",
      { exclude_commands: ["SMB2_READ", "SMB2_READ"] },
      "warning guardian.anomalies.slow.exclude_commands[1] SMB2_READ is in the list twice",
    ],
    [
      "a default that is no milder than the emergency",
      { default_threshold_ms: 1000 },
      "warning guardian.anomalies.slow.default_threshold_ms 1000 is not below emergency_threshold_ms (1000)",
    ],
    [
      "an own threshold that is no milder",
      { emergency_threshold_ms: 100, track_commands: [{ ...READ, threshold: 100 }] },
      "warning guardian.anomalies.slow.track_commands[0].threshold 100 is not below",
    ],
    [
      "a tool of the other type",
      { tool: "smbiosnoop" },
      'warning guardian.anomalies.slow.tool "smbiosnoop" is ignored',
    ],
  ])("reports %s", (_, keys, expected) => {
    const problems = problemsOf(keys);
    expect(problems).toEqual([expect.stringContaining(expected)]);
    expect(parse(keys).config === undefined).toBe(expected.startsWith("error"));
  });

  test.each([
    [
      "an unused default above the emergency",
      { mode: "trackonly", default_threshold_ms: 5000, track_commands: [{ ...READ, threshold: 5 }] },
    ],
    ["the tool of its type", { tool: "smbslower" }],
    ["an excluded command without replies", { exclude_commands: ["SMB2_ECHO"] }],
    ["a lock that is named", { mode: "trackonly", track_commands: [{ command: "SMB2_LOCK" }] }],
  ])("accepts %s", (_, keys) => {
    expect(problemsOf(keys)).toEqual([]);
  });

  test("does not guess the selection of a mistyped mode", () => {
    const keys = { mode: "tracklony", track_commands: [READ], exclude_commands: ["SMB2_READ"] };
    expect(problemsOf(keys)).toEqual([expect.stringContaining("(did you mean trackonly?)")]);
  });

  test("does not guess the selection of a mistyped list", () => {
    expect(problemsOf({ mode: "trackonly", track_commands: [{ command: "SMB2_RAED" }] })).toEqual([
      expect.stringContaining("track_commands[0].command must be the name of an SMB command"),
    ]);
  });
});

function randomKeys(random: Random) {
  const mode = random.pick(["all", "trackonly", "excludeonly"]);
  const tracked = new Map<CommandName, number | undefined>([["SMB2_READ", random.int(0, 900)]]);
  const excluded = new Set<CommandName>();
  for (const name of COMMANDS) {
    if (random.chance(0.3)) tracked.set(name, random.chance(0.5) ? random.int(0, 900) : undefined);
    else if (name !== "SMB2_READ" && random.chance(0.4)) excluded.add(name);
  }
  const track_commands = [...tracked].map(([command, threshold]) => ({ command, threshold }));
  return { mode, tracked, excluded, keys: { mode, track_commands, exclude_commands: [...excluded] } };
}
