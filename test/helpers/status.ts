// Status documents for tests: a quiet daemon, and one on a bad night, but for what the test says.

import type { Status } from "../../src/api/status.ts";

type Share = Status["shares"][number];
type Incident = Status["open_incidents"][number];

const AT = "2026-11-23T01:23:45.678Z";

export function aStatus(parts: Partial<Status> = {}): Status {
  return {
    at: AT,
    daemon: {
      version: "1.2.3",
      commit: "abc",
      pid: 4242,
      started_at: "2026-11-22T22:00:00.000Z",
      ...{
        config_file: "/etc/aod.yaml",
        config_sha256: "c".repeat(64),
        output_dir: "/var/log/aod",
        rules: 4,
      },
    },
    watching: {
      state: "watching",
      since: "2026-11-22T22:00:01.000Z",
      build: "atomic",
      client_lists: "readable",
      hooks: [],
    },
    approaches: [],
    now_sec: 5,
    stalled: [],
    past_incidents: { last_hour: 0, last_day: 0, last: null },
    window_sec: 60,
    shares: [],
    waiting_operations: 0,
    open_incidents: [],
    last_captures: [],
    captures: { count: 0, bytes: 0, limit_bytes: 200 * 2 ** 20, age_suspended: null },
    troubles: [],
    suppressed: { cooldown: 0, bytes: 0 },
    losses: { ring_full: 0, forgotten: 0 },
    refused: {},
    cost: {
      cpu_seconds: 31.5,
      cpu_percent: 0.26,
      resident_bytes: 45e6,
      kernel_map_bytes: 6.7e6,
      request_ns: 257,
      measured_requests: 1000,
    },
    ...parts,
  };
}

export function aShare(
  parts: Partial<Omit<Share, "recent" | "now">> & {
    readonly recent?: Partial<Share["recent"]>;
    readonly now?: Partial<Share["now"]>;
  } = {},
): Share {
  const { recent: ofMinute, now, ...others } = parts;
  const recent = {
    requests: 74_040,
    rate_per_sec: 1234,
    errors: 0,
    p50_ms: 0.81,
    p99_ms: 12.4,
    max_ms: 80,
    ...ofMinute,
  };
  return {
    ...{
      share: "//nas3.example.com/projects",
      address: "192.0.2.3",
      mount_points: ["/mnt/projects"],
      dfs_paths: [],
      dialect: "3.1.1",
      encrypted: false,
    },
    requests_total: 1_234_567,
    errors_total: 3,
    in_flight: 0,
    oldest_ms: null,
    ...others,
    recent,
    now: { ...recent, ...now },
  };
}

export function anOpenIncident(parts: Partial<Incident> = {}): Incident {
  return {
    id: "20261123T012140.000Z",
    rule: "slow-writes",
    type: "latency",
    kind: "slow",
    state: "open",
    share: "//nas3.example.com/projects",
    server: "nas3.example.com",
    family: "availability",
    rules: ["slow-writes"],
    shares: ["//nas3.example.com/projects"],
    opened_at: "2026-11-23T01:21:40.000Z",
    last_at: AT,
    resolved_at: null,
    count: 312,
    worst_ms: 2140,
    ...{
      worst: null,
      attribution: null,
      statuses: [],
      hung: null,
      standing: null,
      verdict: null,
      suppressed: 0,
      captures: [],
    },
    ...parts,
  };
}

/** Two incidents, a share that hangs, and something lost. */
export function anOutage(): Status {
  const network = {
    cause: "network",
    confidence: 0.81,
    because: ["3 of 4 segments were sent again"],
  } as const;
  const verdict = { ...network, because: [...network.because] };
  const capture = (ago: string, rule: string) => ({
    name: `aod_20261123T01${ago}.678Z_${rule}.tar.zst`,
    rule,
    share: "//nas3.example.com/projects",
    taken_at: `2026-11-23T01:${ago.slice(0, 2)}:${ago.slice(2)}.678Z`,
    bytes: 1_052_706,
    verdict,
  });
  return aStatus({
    shares: [
      aShare({ in_flight: 12, oldest_ms: 34_200, recent: { errors: 41, p99_ms: 2140 } }),
      aShare({ share: "//nas3.example.com/home", mount_points: ["/home"], in_flight: 2, oldest_ms: 3 }),
      aShare({
        share: "//10.1.2.3/backup$",
        mount_points: ["/srv/backup"],
        recent: { requests: 0, rate_per_sec: 0, p50_ms: null, p99_ms: null },
      }),
    ],
    open_incidents: [
      anOpenIncident({
        rule: "stuck",
        type: "stuck",
        kind: "hung",
        count: 12,
        worst_ms: 34_200,
        verdict,
        opened_at: "2026-11-23T01:23:11.000Z",
        standing: { count: 12, oldest_ms: 34_200, since: AT },
      }),
      anOpenIncident(),
    ],
    approaches: [],
    last_captures: [capture("2312", "stuck"), capture("2141", "slow-writes")],
    captures: { count: 14, bytes: 23.4 * 2 ** 20, limit_bytes: 200 * 2 ** 20, age_suspended: null },
    ...{
      waiting_operations: 3,
      suppressed: { cooldown: 7, bytes: 0 },
      losses: { ring_full: 1204, forgotten: 0 },
    },
  });
}
