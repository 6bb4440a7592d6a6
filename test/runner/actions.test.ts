import { describe, expect, test } from "bun:test";

import { ACTION_NAMES, type ActionName } from "../../src/model/action.ts";
import { ACTION_TABLE, findAction, type ProgramAction, windowBeganNs } from "../../src/runner/actions.ts";
import type { Host, Plan } from "../../src/runner/plan.ts";
import { aHost } from "../helpers/host.ts";

import { anOrder, FROZEN_AT } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";

const ALL_THERE = aHost();
const NOTHING_THERE = aHost({ exists: () => false });
const ALL_REMOTE = aHost({
  networkFileSystem: () => "nfs4",
  exists: (path) => {
    throw new Error(`touched ${path}, which may hang`);
  },
});
/** Actions that ask the kernel and read no file. */
const WITHOUT_FILES: readonly string[] = ["dmesg", "sockets", "pcap"];
const SHARES = [{ sessionId: 1n, treeId: 1, share: "//files/data", address: "10.0.0.1" }];

function programAction(name: ActionName): ProgramAction {
  const action = ACTION_TABLE[name];
  if ("render" in action) throw new Error(`${name} is no program`);
  return action;
}

/** The arguments of all its runs; undefined if the plan runs no program. */
function argsOf(plan: Plan): readonly string[] | undefined {
  if ("missing" in plan) return undefined;
  if ("files" in plan) return plan.files;
  return "args" in plan ? plan.args : plan.runs.flatMap(({ args }) => args);
}

function planOf(name: ActionName, host: Host, order = anOrder()): Plan {
  return programAction(name).plan(order, host);
}

const PROGRAMS = ACTION_NAMES.filter((name) => "program" in ACTION_TABLE[name]);

test.each(ACTION_NAMES.map((name) => [name] as const))("the action %s has a stage and a cap", (name) => {
  const action = ACTION_TABLE[name];
  expect(action.stage).toBeWithin(1, 4);
  expect(action.maxBytes).toBeWithin(1, 16 * 1024 * 1024 + 1);
  expect(findAction(name)).toBe(action);
});

describe("the mounts", () => {
  test("are the host's, or aod's own if its first process may not be inspected", () => {
    expect(argsOf(planOf("mounts", ALL_THERE))?.slice(2)).toEqual(["/proc/1/mounts", "/proc/1/mountinfo"]);
    const hidden = aHost({ exists: (path) => !path.startsWith("/proc/1/") });
    expect(argsOf(planOf("mounts", hidden))?.slice(2)).toEqual(["/proc/mounts", "/proc/self/mountinfo"]);
  });
});

describe.each(PROGRAMS.map((name) => [name] as const))("the action %s", (name) => {
  const action = programAction(name);

  test("has a deadline and a program", () => {
    expect(action.timeoutMs).toBeWithin(1, 30_001);
    expect(action.program).toMatch(/^[a-z]+$/);
  });

  test("has a plan on a machine that has every file, with absolute paths only", () => {
    const plan = planOf(name, ALL_THERE, anOrder({ shares: SHARES }));
    const args = argsOf(plan);
    expect(args).toBeDefined();
    for (const arg of (args ?? []).filter((one) => one.includes("/")))
      expect(arg).toMatch(/^\/(proc|sys|etc|var\/log)\//);
  });

  test("touches nothing on a network file system", () => {
    const plan = planOf(name, ALL_REMOTE, anOrder({ shares: SHARES }));
    if (WITHOUT_FILES.includes(name)) expect(argsOf(plan)).toBeDefined();
    else expect(plan).toEqual({ missing: expect.stringContaining("is on nfs4") });
  });

  test("accepts any output as text", () => {
    for (const output of ["", "\0\n", "[", "State: ", "x".repeat(100_000)]) {
      expect(() => action.show?.(output, anOrder())).not.toThrow();
    }
  });
});

describe("actions", () => {
  test("with an unknown name are not found", () => {
    expect(findAction("tcpdump")).toBeUndefined();
    expect(findAction("toString")).toBeUndefined();
  });

  test.each(["debugdata", "stats", "smbinfo", "openfiles", "dfscache", "stats-delta"] as const)(
    "%s: missing if cifs is not loaded",
    (name) => {
      expect(planOf(name, NOTHING_THERE)).toEqual({
        missing: expect.stringMatching(/^\/proc\/fs\/cifs\/\w+ does not exist$/),
      });
    },
  );

  test("versions reads the files that exist", () => {
    const host: Host = { ...ALL_THERE, exists: (path) => path.startsWith("/proc/") };
    const paths = ["/proc/version", "/proc/cmdline", "/proc/sys/kernel/arch", "/proc/sys/kernel/tainted"];
    expect(argsOf(planOf("versions", host))).toEqual(["-raHs", "", ...paths]);
    expect(argsOf(planOf("versions", ALL_THERE))?.at(-1)).toBe("-V");
    expect(planOf("versions", NOTHING_THERE)).toEqual({ missing: "/proc/version does not exist" });
  });

  test("pressure reads the files that the kernel has", () => {
    const bare = aHost({ exists: (path) => path === "/proc/loadavg" });
    expect(planOf("pressure", bare)).toEqual({ args: ["-n", "+1", "/proc/loadavg"] });
    expect(planOf("pressure", NOTHING_THERE)).toEqual({ missing: "/proc/pressure/cpu does not exist" });
  });

  test("syslogs reads the log that exists", () => {
    const only = (log: string): Host => ({ ...ALL_THERE, exists: (path) => path === log });
    expect(planOf("syslogs", ALL_THERE)).toEqual({ args: ["-n", "100", "/var/log/syslog"] });
    expect(planOf("syslogs", only("/var/log/messages"))).toEqual({
      args: ["-n", "100", "/var/log/messages"],
    });
    expect(planOf("syslogs", NOTHING_THERE)).toEqual({
      missing: "/var/log/syslog does not exist; /var/log/messages does not exist",
    });
  });

  test("syslogs reads a local log beside a remote one", () => {
    const host = aHost({
      networkFileSystem: (path) => (path === "/var/log/syslog" ? "cifs" : undefined),
      exists: (path) => path === "/var/log/messages",
    });
    expect(planOf("syslogs", host)).toEqual({ args: ["-n", "100", "/var/log/messages"] });
  });

  test("journalctl reads from the begin of the window", () => {
    const triggeredNs = FROZEN_AT.monotonicNs - 1e9;
    const plan = planOf("journalctl", ALL_THERE, anOrder({ triggeredNs, windowNs: 2.5e9 }));
    const sinceSec = Math.floor(Date.parse("2026-11-23T01:23:42.178Z") / 1000);
    expect(plan).toHaveProperty("args", expect.arrayContaining([`--since=@${sinceSec}`]));
  });

  test("dmesg shows the lines since the begin of the window, with a margin for the clock's drift", () => {
    const order = anOrder({ triggeredNs: 50e9, windowNs: 1e9 });
    const log = "[   40.000000] old\n[   48.500000] CIFS: reconnecting\n[   50.000000] now\n";
    expect(programAction("dmesg").show?.(log, order)).toBe(log.slice(log.indexOf("[   48")));
  });
});

describe("an action of the configuration", () => {
  const mine = {
    name: "mine",
    command: ["/opt/mine", "-a", "b c"],
    timeoutMs: 5,
    maxBytes: 6,
    stage: 3,
  } as const;

  function customAction(): ProgramAction {
    const action = findAction("mine", [mine]);
    if (action === undefined || "render" in action) throw new Error("it is no program");
    return action;
  }

  test("runs its program and arguments, within its bounds", () => {
    const action = customAction();
    expect(action).toMatchObject({ program: "/opt/mine", timeoutMs: 5, maxBytes: 6, stage: 3, keep: "head" });
    expect(action.plan(anOrder(), ALL_THERE)).toEqual({ args: ["-a", "b c"] });
  });

  test("gets the incident, the rule and the share in its environment", () => {
    const environment = customAction().environment;
    expect(environment?.(anOrder({ rule: "slow", share: "//f/d", incidentId: "i" }))).toEqual({
      AOD_INCIDENT_ID: "i",
      AOD_RULE: "slow",
      AOD_SHARE: "//f/d",
    });
    expect(environment?.(anOrder({ incidentId: undefined }))).toMatchObject({ AOD_INCIDENT_ID: "" });
  });

  test("is neither started from a network file system nor looked for there", () => {
    expect(customAction().plan(anOrder(), ALL_REMOTE)).toEqual({
      missing: "/opt/mine is on nfs4, which may hang",
    });
  });

  test("never replaces one of aod's own", () => {
    expect(findAction("stats", [{ ...mine, name: "stats" }])).toBe(ACTION_TABLE.stats);
  });
});

describe("the window", () => {
  test("begins with the oldest request that tripped the rule, if that is earlier", () => {
    const order = { triggeredNs: 50e9, windowNs: 1e9 };
    expect(windowBeganNs(anOrder(order))).toBe(49e9);
    expect(windowBeganNs(anOrder({ ...order, evidence: [aRequest({ startMs: 49_500 })] }))).toBe(49e9);
    expect(windowBeganNs(anOrder({ ...order, evidence: [aRequest({ startMs: 20_000 })] }))).toBe(20e9);
  });
});
