// The traffic that the built-in rules and those of config/examples notice or ignore, tested with the pure detector.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseBuiltIn, parseConfig } from "../../src/config/config.ts";
import type { CommandName } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { NT_STATUSES } from "../../src/model/nt-status.ts";
import type { Rule } from "../../src/model/rule.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { logNormal, parallel, play, type Reply, serial } from "./traffic.ts";

const EXAMPLES = join(import.meta.dir, "../../config/examples");
const BUILT_IN = parseBuiltIn().config.rules;
const RUNS = 30;
const NOTICED_WITHIN_MS = 10_000;

const MIX = [
  "SMB2_READ",
  "SMB2_WRITE",
  "SMB2_CREATE",
  "SMB2_CLOSE",
  "SMB2_QUERY_INFO",
  "SMB2_SET_INFO",
  "SMB2_QUERY_DIRECTORY",
] as const satisfies readonly CommandName[];

function exampleRules(name: string): readonly Rule[] {
  const rules = parseConfig(readFileSync(join(EXAMPLES, `${name}.yaml`), "utf8")).config?.rules;
  if (rules === undefined) throw new Error(`${name} has mistakes`);
  return rules;
}

/** Healthy servers: a lost packet now and then costs 200 ms, and nothing takes longer than 250 ms. */
function healthyLatency(random: Random): () => number {
  const p50Ms = random.int(1, 15);
  const usual = logNormal(random, p50Ms, random.int(p50Ms + 5, 90));
  return () => Math.min(250, random.chance(0.002) ? random.int(200, 220) : usual());
}

const HEALTHY: Readonly<Record<string, (random: Random) => Iterable<Reply>>> = {
  "one process": (random) =>
    serial(60_000, healthyLatency(random), {
      pauseMs: () => random.int(0, 20),
      command: () => random.pick(MIX),
    }),
  "many processes": (random) => parallel(20_000, random.int(1, 2000), healthyLatency(random), random),
  "a backup with requests in flight all the time": (random) =>
    parallel(20_000, random.int(200, 1000), logNormal(random, 60, 130), random),
  "a directory listing over 30 ms": (random) =>
    serial(60_000, logNormal(random, 30, 60), { command: () => "SMB2_QUERY_DIRECTORY" }),
  "a share on another continent, 80 to 125 ms": (random) => serial(60_000, () => random.int(80, 125)),
  "a spinning disk that flushes": (random) => {
    let isFlush = false;
    const command = (): CommandName => (isFlush ? "SMB2_FLUSH" : "SMB2_WRITE");
    const latency = () => {
      isFlush = random.chance(0.5);
      return isFlush ? random.int(20, 480) : random.int(1, 40);
    };
    return serial(60_000, latency, { command });
  },
  "a few percent that are slow": (random) =>
    parallel(20_000, random.int(10, 500), () => (random.chance(0.04) ? random.int(151, 290) : 5), random),
};

const HURTING: Readonly<Record<string, (random: Random) => Iterable<Reply>>> = {
  "one process whose every reply takes 150 ms": (random) =>
    serial(15_000, () => 150, { command: () => random.pick(MIX) }),
  "one process that waits long for each reply": (random) => {
    const least = random.int(150, 700);
    return serial(15_000, () => random.int(least, least + 150), { command: () => random.pick(MIX) });
  },
  "a share whose median has left what is usual": (random) =>
    parallel(15_000, random.int(5, 500), logNormal(random, random.int(220, 400), 900), random),
  "a server that stops for 0.4 s, 14 times": (random) => {
    let nextStallMs = 0;
    let nowMs = 0;
    const latency = () => {
      const isStalled = nowMs >= nextStallMs;
      const latencyMs = isStalled ? random.int(380, 400) : random.int(1, 3);
      if (isStalled) nextStallMs = nowMs + 930;
      nowMs += latencyMs;
      return latencyMs;
    };
    return serial(13_000, latency);
  },
};

describe("the built-in rules", () => {
  test.each(Object.entries(HEALTHY))("ignore healthy traffic: %s", (_, traffic) => {
    for (let run = 0; run < RUNS; run++) {
      const random = seeded();
      expect(play(BUILT_IN, traffic(random)).trips, random.seedText).toEqual([]);
    }
  });

  test.each(Object.entries(HURTING))("notice within ten seconds: %s", (_, traffic) => {
    for (let run = 0; run < RUNS; run++) {
      const random = seeded();
      expect(play(BUILT_IN, traffic(random)).firstMs, random.seedText).toBeLessThanOrEqual(NOTICED_WITHIN_MS);
    }
  });

  test.each([
    "STATUS_LOGON_FAILURE",
    "STATUS_ACCOUNT_LOCKED_OUT",
    "STATUS_ACCESS_DENIED",
    "STATUS_PASSWORD_EXPIRED",
  ])("treat one %s at a logon as an incident", (name) => {
    const { status, errno } = statusOf(name);
    for (const command of ["SMB2_SESSION_SETUP", "SMB2_TREE_CONNECT"] as const) {
      const refused: Reply = { atMs: 5, latencyMs: 5, command, ntStatus: status, errno };
      expect(play(BUILT_IN, [refused]).trips).toEqual(["logon-failures error"]);
    }
  });

  test("ignore refused files and steps of the protocol, however many", () => {
    const denied = statusOf("STATUS_ACCESS_DENIED");
    const step = statusOf("STATUS_MORE_PROCESSING_REQUIRED");
    const replies = Array.from({ length: 200 }, (_, index): Reply[] => [
      {
        atMs: index * 10,
        latencyMs: 3,
        command: "SMB2_CREATE",
        ntStatus: denied.status,
        errno: denied.errno,
      },
      {
        atMs: index * 10 + 1,
        latencyMs: 3,
        command: "SMB2_SESSION_SETUP",
        ntStatus: step.status,
        errno: ERRNO.EIO,
      },
    ]);
    expect(play(BUILT_IN, replies.flat()).trips).toEqual([]);
  });
});

describe("each example", () => {
  const table = ["samba-lan", "azure-files", "netapp", "busy", "minimal"].flatMap((name) => [
    [name, 305],
    [name, 150],
  ]) as [string, number][];

  test.each(table)("%s notices one process whose replies take %d ms each", (name, p50Ms) => {
    const random = seeded();
    const least = p50Ms * 0.9;
    const replies = serial(60_000, () => least + random.int(0, p50Ms / 5));
    const { trips } = play(exampleRules(name), replies);
    expect(trips.length, random.seedText).toBeGreaterThan(0);
  });

  test("samba-lan notices a network path with 60 ms each way", () => {
    expect(
      play(
        exampleRules("samba-lan"),
        serial(16_000, () => 125),
      ).trips,
    ).toEqual(["slow-requests slow"]);
  });

  test.each(["samba-lan", "azure-files", "netapp", "busy", "minimal"])(
    "%s leaves a good day alone",
    (name) => {
      const random = seeded();
      // One in 2,000 is slow: of the 2,000 replies in a window of 10 s, ten or more are slow in one window of ten
      // million.
      const latency = () => (random.chance(0.0005) ? random.int(150, 220) : random.int(1, 12));
      expect(play(exampleRules(name), parallel(30_000, 200, latency, random)).trips, random.seedText).toEqual(
        [],
      );
    },
  );
});

function statusOf(name: string) {
  const found = NT_STATUSES.find((row) => row.name === name);
  if (found === undefined) throw new Error(`no status ${name}`);
  return found;
}
