// One request, in flight or complete, reduced to the plain facts that a rule may use. They are computed once for all
// rules. There is no rule in this file.

import { mayBlockOnIpc } from "../model/command.ts";
import { classifyStatus, type StatusClass } from "../model/nt-status.ts";
import { FLAG } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";

export interface ReplyFacts {
  readonly command: number;
  /** The latency of the reply, or the age of a request in flight. */
  readonly latencyNs: number;
  /** It may block indefinitely by design: only a rule that names its command may call it slow or hung. */
  readonly mayBlock: boolean;
  /** Positive; 0 without an error or in flight. */
  readonly errno: number;
  /** The status of the reply; 0 without an error or in flight. */
  readonly ntStatus: number;
  /** The class of the reply's status; undefined without an error. */
  readonly statusClass: StatusClass | undefined;
}

/**
 * A rule's answer for one request: it passes, it counts in the rule's window, or it counts and trips the rule at once.
 */
export type RuleJudgement = "passes" | "counts" | "emergency";

/** Facts of a complete request. @param onIpc whether its share is an IPC$. */
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

/** Facts of a request without a reply. @param onIpc whether its share is an IPC$. */
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
