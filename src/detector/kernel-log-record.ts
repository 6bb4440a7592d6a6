// Makes a record of a signal of the kernel log, so that rules, incidents and captures treat it like one of a
// tracepoint. Pure.

import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";

/** @param nowNs when its line was read, which is within milliseconds of when it was written. */
export function kernelLogRecord(signal: number, nowNs: number): Request {
  return {
    startNs: BigInt(Math.round(nowNs)),
    latencyNs: 0,
    sessionId: 0n,
    messageId: 0n,
    treeId: 0,
    taskId: 0,
    processId: 0,
    ntStatus: 0,
    errno: 0,
    command: signal,
    flags: 0,
    kind: KIND.SIGNAL,
    comm: "kernel",
  };
}
