// Facts for tests of the verdict: those of a healthy client and server, and the clear signs of each cause, except for
// the parts that the test gives.

import { COMMAND, type CommandName } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import type { StatusCount } from "../../src/model/status-count.ts";
import type { Cause } from "../../src/model/verdict.ts";
import type { SocketFacts } from "../../src/runner/socket-facts.ts";
import type { VerdictFacts } from "../../src/runner/verdict-facts.ts";

export function someSockets(parts: Partial<SocketFacts> = {}): SocketFacts {
  return {
    ...{
      connections: 1,
      unmade: 0,
      rttMs: 1.2,
      minRttMs: 0.9,
      rttVarMs: 0.4,
      retransNow: 0,
      retransGrown: 0,
      retransShare: 0,
      outOfOrderShare: 0,
      outOfOrderShareBefore: 0,
      isShareRecent: true,
    },
    unackedForMs: 0,
    unackedSegments: 0,
    backoff: 0,
    refusedBytes: 0,
    undrainedBytes: 0,
    lastReceiveMs: 40,
    ...parts,
  };
}

/** @param cpuPercent the share of the last 10 s in which some task waited for a CPU. */
export function somePressure(cpuPercent = 0.5): NonNullable<VerdictFacts["pressure"]> {
  const rest = { someAvg10: 0, fullAvg10: 0 };
  return {
    cpu: { someAvg10: cpuPercent, fullAvg10: 0 },
    io: rest,
    memory: rest,
    cpus: 2,
    runnable: 1,
    loadAverage1: 0.5,
    memoryTotalKb: 8e6,
    memoryAvailableKb: 6e6,
  };
}

/** @param ntStatus a status of MS-ERREF. */
export function aRefusal(command: CommandName, ntStatus: number, count = 5): StatusCount {
  return { command: COMMAND[command], ntStatus, errno: ERRNO.EIO, count };
}

export function someFacts(parts: Partial<VerdictFacts> = {}): VerdictFacts {
  return {
    source: "kernel",
    symptom: undefined,
    signals: [],
    connectErrors: [],
    statuses: [],
    waiting: 0,
    clientWaits: [],
    clientLists: "readable",
    isDisconnected: false,
    missing: [],
    lateMs: undefined,
    waitedMs: undefined,
    fastestMs: undefined,
    inFlight: { awaited: 0, answered: 0 },
    others: undefined,
    seenAtMs: Date.parse("2026-11-23T01:23:46.000Z"),
    sockets: someSockets(),
    credits: { waiting: 0, left: 400 },
    pressure: somePressure(),
    ...parts,
  };
}

/** The clear signs of each cause. */
export const PLAIN: Readonly<Record<Exclude<Cause, "unknown">, Partial<VerdictFacts>>> = {
  network: {
    lateMs: 900,
    inFlight: { awaited: 3, answered: 0 },
    sockets: someSockets({
      unackedForMs: 800,
      unackedSegments: 4,
      retransNow: 1,
      retransGrown: 1,
      backoff: 2,
    }),
  },
  server: { lateMs: 500, inFlight: { awaited: 3, answered: 0 } },
  credits: { waiting: 10, credits: { waiting: 10, left: 0 } },
  host: {
    lateMs: 500,
    inFlight: { awaited: 0, answered: 2 },
    pressure: { ...somePressure(63), runnable: 7 },
  },
  client: { symptom: "missing", waiting: 3, clientWaits: ["open_cached_dir"] },
  session: { symptom: "refused", statuses: [aRefusal("SMB2_SESSION_SETUP", 0xc000_006d)] },
  permission: { symptom: "refused", statuses: [aRefusal("SMB2_CREATE", 0xc000_0022)] },
};
