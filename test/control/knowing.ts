// A daemon that knows nothing, for the tests of this room: documents within their schemas, but for what the test says.

import type { Live } from "../../src/api/live.ts";
import type { Status } from "../../src/api/status.ts";
import type { Knowing } from "../../src/control/answers.ts";
import { Feed } from "../../src/control/feed.ts";

const RECENT = { requests: 0, rate_per_sec: 0, errors: 0, p50_ms: null, p99_ms: null, max_ms: null };

export function aStatus(parts: Partial<Status> = {}): Status {
  return {
    at: "2026-11-23T01:23:45.678Z",
    daemon: {
      ...{ version: "1.2.3", commit: "abc", pid: 42, started_at: "2026-11-23T01:00:00.000Z" },
      ...{
        config_file: "/etc/aod.yaml",
        config_sha256: "c".repeat(64),
        output_dir: "/var/log/aod",
        rules: 2,
      },
    },
    watching: { state: "watching", since: "2026-11-23T01:00:00.000Z", build: "atomic", hooks: [] },
    ...{ window_sec: 60, shares: [], waiting_operations: 0, open_incidents: [], last_captures: [] },
    captures: { count: 0, bytes: 0, limit_bytes: 200 * 2 ** 20 },
    ...{ suppressed: {}, losses: {} },
    cost: {
      ...{ cpu_seconds: 1.5, cpu_percent: 0.1, resident_bytes: 45e6, kernel_map_bytes: 6.7e6 },
      ...{ request_ns: 250, measured_requests: 1000 },
    },
    ...parts,
  };
}

export function aLive(parts: Partial<Live> = {}): Live {
  return {
    ...{ at: "2026-11-23T01:23:45.678Z", state: "watching", window_sec: 60, total: RECENT },
    groups: { share: [], command: [], process: [] },
    ...{ histogram: [], seconds: [], in_flight: [], in_flight_total: 0, incidents: [], losses: {} },
    ...parts,
  };
}

export function aKnowing(parts: Partial<Knowing> = {}): Knowing {
  return {
    status: async () => aStatus(),
    incidents: () => [],
    snapshot: async () => ({ refusal: "no" }),
    reload: () => ({ problems: [] }),
    live: new Feed(() => aLive()),
    ...parts,
  };
}
