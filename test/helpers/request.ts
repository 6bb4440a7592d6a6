// Requests for tests: a complete, healthy SMB2_READ, except for the parts that the test gives.

import { COMMAND } from "../../src/model/command.ts";
import { FLAG, KIND } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";

interface RequestParts extends Partial<Request> {
  /** In place of latencyNs. */
  readonly latencyMs?: number;
  /** The start in ms of CLOCK_MONOTONIC, in place of startNs. */
  readonly startMs?: number;
}

let lastMessageId = 0n;

export function aRequest({ latencyMs, startMs, ...parts }: RequestParts = {}): Request {
  lastMessageId += 1n;
  return {
    startNs: startMs === undefined ? 1_000_000_000n : BigInt(Math.round(startMs * 1e6)),
    latencyNs: latencyMs === undefined ? 1_000_000 : Math.round(latencyMs * 1e6),
    sessionId: 0x1122_3344_5566_7788n,
    messageId: lastMessageId,
    treeId: 5,
    taskId: 4242,
    processId: 4200,
    ntStatus: 0,
    errno: 0,
    command: COMMAND.SMB2_READ,
    flags: latencyMs === 0 ? 0 : FLAG.REPLIED,
    kind: KIND.REQUEST,
    comm: "postgres",
    ...parts,
  };
}
