// Live documents for tests: a small office with one share that hurts, and any document that a hostile daemon, server or
// user could make one of.

import type { Live, LiveOpen, LiveRow } from "../../src/api/live.ts";
import { COMMANDS } from "../../src/model/command.ts";
import { CAUSES } from "../../src/model/verdict.ts";
import type { Random } from "./random.ts";

type Recent = Live["total"];
type IncidentOfApi = Live["incidents"][number];

export const AT = "2026-11-23T01:23:45.678Z";
const NONE: Recent = { requests: 0, rate_per_sec: 0, errors: 0, p50_ms: null, p99_ms: null, max_ms: null };

export function aRow(key: string, recent: Partial<Recent> = {}, open: Partial<LiveRow> = {}): LiveRow {
  return {
    key,
    recent: { ...NONE, ...recent },
    now: { ...NONE, ...recent },
    in_flight: 0,
    oldest_ms: null,
    ...open,
  };
}

export function anOpen(parts: Partial<LiveOpen> = {}): LiveOpen {
  return {
    age_ms: 12.3,
    command: "SMB2_READ",
    share: "//files/db",
    message_id: "4711",
    pid: 812,
    tid: 813,
    comm: "postgres",
    waits_by_design: false,
    ...parts,
  };
}

export function anOpenIncident(parts: Partial<IncidentOfApi> = {}): IncidentOfApi {
  return {
    id: "20261123T012300.000Z",
    rule: "slow",
    type: "latency",
    share: "//files/db",
    kind: "slow",
    server: "files",
    family: "availability",
    rules: ["slow"],
    shares: ["//files/db"],
    state: "open",
    opened_at: "2026-11-23T01:23:00.000Z",
    last_at: AT,
    resolved_at: null,
    count: 10,
    worst_ms: 51.25,
    worst: null,
    attribution: null,
    hung: null,
    standing: null,
    statuses: [],
    verdict: null,
    suppressed: 0,
    captures: [],
    ...parts,
  };
}

/** Nothing known yet but for what the test says. */
export function aLive(parts: Partial<Live> = {}): Live {
  return {
    at: AT,
    state: "watching",
    window_sec: 60,
    total: NONE,
    now_sec: 5,
    total_now: parts.total ?? NONE,
    stalled: [],
    groups: { share: [], command: [], process: [] },
    ...{
      histogram: [],
      seconds: [],
      last_second: 0,
      in_flight: [],
      in_flight_total: 0,
      incidents: [],
      losses: {},
    },
    ...parts,
  };
}

/** An outage: one share is slow, a write hangs, an incident has just opened. */
export function anOutage(): Live {
  const recent = {
    requests: 74_000,
    rate_per_sec: 1234.4,
    errors: 12,
    p50_ms: 0.64,
    p99_ms: 45.2,
    max_ms: 1310,
  };
  const rest = { requests: 720, rate_per_sec: 12, errors: 0, p50_ms: 0.42, p99_ms: 2.1, max_ms: 8 };
  const seconds = Array.from({ length: 300 }, (_, i) => ({
    requests: Math.round(1200 + 300 * Math.sin(i / 9)),
    errors: i === 250 ? 12 : 0,
    p50_ms: 0.6,
    p99_ms: i > 240 ? 45.2 : 2.5,
    max_ms: 50,
  }));
  const counts = [0, 41_000, 28_000, 4_100, 700, 90, 60, 30, 18, 1, 1, 0, 0];
  return aLive({
    total: recent,
    groups: {
      share: [
        aRow("//files.example.com/db", recent, { in_flight: 3, oldest_ms: 2140 }),
        aRow("//files.example.com/home", rest),
      ],
      command: [
        aRow("SMB2_READ", recent, { in_flight: 1, oldest_ms: 12.3 }),
        aRow("SMB2_WRITE", rest, { in_flight: 2, oldest_ms: 2140 }),
      ],
      process: [aRow("postgres (812)", recent, { in_flight: 3, oldest_ms: 2140 })],
    },
    histogram: counts.map((requests, i) => ({
      upto_ms: i === counts.length - 1 ? null : 2 ** (i - 3),
      requests,
    })),
    seconds,
    last_second: Math.floor(Date.parse(AT) / 1000),
    in_flight: [
      anOpen({ age_ms: 2140, command: "SMB2_WRITE", share: "//files.example.com/db" }),
      anOpen({ age_ms: 1800, command: null, share: "//files.example.com/db", message_id: null }),
      anOpen({ share: "//files.example.com/db" }),
    ],
    in_flight_total: 3,
    incidents: [
      anOpenIncident({
        rule: "emergency",
        kind: "hung",
        share: "//files.example.com/db",
        worst_ms: 2140,
        count: 1,
        opened_at: "2026-11-23T01:23:43.600Z",
        standing: { count: 1, oldest_ms: 2140, since: AT },
      }),
      anOpenIncident({
        verdict: { cause: "network", confidence: 0.8, because: ["12 segments were sent again in this time"] },
      }),
    ],
  });
}

/** What a share, a process or a rule might be called. */
const NAMES: readonly [string, ...string[]] = [
  "",
  "//files/db",
  `//${"long.".repeat(80)}example/${"deep ".repeat(40)}`,
  "//x\u001b[2J\u001b]0;owned\u0007\u009b31m\rfake\nline\tcell",
  "//文件服务器/数据库共享/很长的名字在这里",
  "👩‍👩‍👧‍👦👍🏽 flags 🇩🇪🇫🇷 e\u0301\u0301\u0301 \u202ereversed\u200d\ufe0f",
  "\ud800 alone, \u061c and \u{e0041}",
];

/** Any document that the schema lets pass. */
export function anyLive(random: Random): Live {
  const list = <T>(most: number, make: (i: number) => T): T[] =>
    Array.from({ length: random.int(0, most) }, (_, i) => make(i));
  const amount = (): number => (random.chance(0.2) ? 0 : 10 ** random.int(-4, 9) * random.int(1, 999)) / 100;
  const count = (): number => Math.floor(amount());
  const orNull = (): number | null => (random.chance(0.2) ? null : amount());
  const name = (): string => random.pick(NAMES) + (random.chance(0.5) ? String(random.int(0, 99)) : "");
  const utc = (): string => new Date(Date.parse(AT) - random.int(-100_000, 400_000)).toISOString();
  const recent = (): Recent => ({
    requests: count(),
    rate_per_sec: amount(),
    errors: count(),
    p50_ms: orNull(),
    p99_ms: orNull(),
    max_ms: orNull(),
  });
  const row = (): LiveRow => aRow(name(), recent(), { in_flight: count(), oldest_ms: orNull() });
  return {
    at: AT,
    state: random.pick(["watching", "waiting"]),
    window_sec: random.int(0, 60),
    total: recent(),
    now_sec: random.int(0, 5),
    total_now: recent(),
    stalled: list(20, () => ({
      server: name(),
      silent_ms: amount(),
      in_flight: count(),
      oldest_ms: amount(),
      shares: list(5, name),
    })),
    groups: { share: list(100, row), command: list(20, row), process: list(100, row) },
    histogram: list(24, (i) => ({
      upto_ms: random.chance(0.05) ? null : 2 ** (i - 6),
      requests: count(),
    })),
    last_second: count(),
    seconds: list(300, () => ({
      requests: count(),
      errors: count(),
      p50_ms: orNull(),
      p99_ms: orNull(),
      max_ms: orNull(),
    })),
    in_flight: list(100, () =>
      anOpen({
        ...{
          waits_by_design: random.chance(0.2),
          age_ms: amount(),
          share: name(),
          comm: name(),
          pid: random.int(1, 4_194_304),
        },
        command: random.chance(0.2) ? null : random.pick([COMMANDS[8], COMMANDS[15], "SMB2_\u001b[0m"]),
      }),
    ),
    in_flight_total: count(),
    incidents: list(20, () =>
      anOpenIncident({
        ...{
          rule: name(),
          share: name(),
          kind: name(),
          count: count(),
          worst_ms: amount(),
          opened_at: utc(),
        },
        state: random.pick(["open", "resolved"]),
        resolved_at: random.chance(0.5) ? utc() : null,
        standing: random.chance(0.5) ? { count: count(), oldest_ms: amount(), since: utc() } : null,
        verdict: random.chance(0.5)
          ? {
              cause: CAUSES[random.int(0, CAUSES.length - 1)] ?? "unknown",
              confidence: 0.5,
              because: [name()],
            }
          : null,
      }),
    ),
    losses: Object.fromEntries(list(5, () => [name(), count()] as const)),
  };
}
