// What rules are asked about: one request, in flight or complete, reduced to what a rule may look at. In: a record and
// whether its share is an IPC$; out: plain facts, worked out once for all rules. No rule is in here.

import { mayBlockOnIpc } from "../model/command.ts";
import { classifyStatus, type StatusClass } from "../model/nt-status.ts";
import { FLAG } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";

export interface ReplyFacts {
  readonly command: number;
  /** Of the reply, or the age of a request in flight. */
  readonly latencyNs: number;
  /** It waits here by design: only a rule that names its command may call it slow or hung. */
  readonly mayBlock: boolean;
  /** Positive; 0 without error, and in flight. */
  readonly errno: number;
  /** Of the reply; 0 without error, and in flight. */
  readonly ntStatus: number;
  /** What the reply's status means; undefined without error. */
  readonly statusClass: StatusClass | undefined;
}

/**
 * What a rule says of one request: it passes, it counts towards the rule's window, or it trips the rule at once (and
 * counts).
 */
export type RuleJudgement = "passes" | "counts" | "emergency";

/** Facts of a complete request. */
export function factsOfReply(request: Request, onIpc: boolean): ReplyFacts {
  const errored = (request.flags & FLAG.ERRORED) !== 0;
  return {
    command: request.command,
    latencyNs: request.latencyNs,
    mayBlock: onIpc && mayBlockOnIpc(request.command),
    errno: errored ? request.errno : 0,
    ntStatus: errored ? request.ntStatus : 0,
    statusClass: errored ? classifyStatus(request.command, request.ntStatus) : undefined,
  };
}

/** Facts of a request that has no reply yet. */
export function factsInFlight(command: number, ageNs: number, onIpc: boolean): ReplyFacts {
  return {
    command,
    latencyNs: ageNs,
    mayBlock: onIpc && mayBlockOnIpc(command),
    errno: 0,
    ntStatus: 0,
    statusClass: undefined,
  };
}
