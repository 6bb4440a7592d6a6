// What the daemon itself costs: its CPU time and memory, and the time that the BPF programs take for a request. The
// last is measured on demand for a moment, while the caller waits: the kernel counts the run time of programs only
// while that is switched on.

import type { Status } from "../api/status.ts";
import type { RequestSource } from "../kernel/source.ts";
import { isExhausted, unlessExhausted } from "../model/exhaustion.ts";

const POLL_EVERY_MS = 50;
const POLLS_MAX = 10;
/** Enough for a mean cost of one request. */
const REQUESTS_ENOUGH = 1000;

const NOT_MEASURED = { request_ns: null, measured_requests: 0 };

let lastResidentBytes = 0;
let measuring: Promise<Pick<Status["cost"], "request_ns" | "measured_requests">> | undefined;

/** CPU time since the start, and memory at this moment. */
export function readOwnCost(source: Pick<RequestSource, "mapBytes">) {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: residentBytes(),
    kernelMapBytes: source.mapBytes(),
  };
}

/** Bun opens a file of /proc for this. If no descriptor is free, the last reading is returned. */
function residentBytes(): number {
  const now = unlessExhausted(() => process.memoryUsage.rss());
  if (!isExhausted(now)) lastResidentBytes = now;
  return lastResidentBytes;
}

/** @param isWatching false: no request can arrive, so nothing is measured. */
export async function measureCost(source: RequestSource, isWatching: boolean): Promise<Status["cost"]> {
  const requests = isWatching ? await measureOnce(source) : NOT_MEASURED;
  const { cpuSeconds, residentBytes, kernelMapBytes } = readOwnCost(source);
  const upSeconds = Math.max(1, process.uptime());
  return {
    cpu_seconds: round(cpuSeconds, 1000),
    cpu_percent: round((100 * cpuSeconds) / upSeconds, 100),
    resident_bytes: residentBytes,
    kernel_map_bytes: kernelMapBytes,
    ...requests,
  };
}

/** Concurrent callers share one measurement: the kernel has one switch. */
function measureOnce(source: RequestSource): NonNullable<typeof measuring> {
  measuring ??= measureRequests(source).finally(() => {
    measuring = undefined;
  });
  return measuring;
}

async function measureRequests(source: RequestSource) {
  // If a sandbox forbids the switch, the caller may have set it: CAP_SYS_ADMIN, kernel/bpf/syscall.c bpf_enable_stats.
  const switchOff = source.countRunTime();
  try {
    const before = source.runTime();
    for (let poll = 1; ; poll++) {
      await Bun.sleep(POLL_EVERY_MS);
      const now = source.runTime();
      const requests = now.requests - before.requests;
      if (requests < REQUESTS_ENOUGH && poll < POLLS_MAX) continue;
      const requestNs = requests === 0 ? null : Math.round((now.timeNs - before.timeNs) / requests);
      return { request_ns: requestNs, measured_requests: requests };
    }
  } finally {
    switchOff?.();
  }
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
