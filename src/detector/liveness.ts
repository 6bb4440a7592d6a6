// Decides whether a task still waits for the reply to a request that looks hung. It takes the suspect, the client's
// list of requests in flight and what the task waits for. Pure: it reads nothing.
//
// The kernel reports no end for a request whose waiter was killed, that was in flight at a reconnect, or whose reply
// was malformed; such a line stays open. There are two witnesses:
//   - The list of the SMB client (MIDs in DebugData), by task and message id. A listed request is in flight, and
//     awaited unless its task has exited. A request that is not listed is not in flight, provided that the list covers
//     it: see `covers`.
//   - What the task waits for (its wchan). It is good evidence for synchronous requests, whose task waits for the
//     reply. It says little about READ and WRITE, whose replies cifsd takes. Parts of a compound leave the list one by
//     one while their task waits for the last, so a task that waits in cifs keeps alive a request that is not listed.

import { hasWorkerName } from "../model/attribution.ts";
import type { CifsSession, DebugData, TaskWait } from "../model/cifs.ts";
import { COMMAND, pairsBySession } from "../model/command.ts";
import type { Request } from "../model/request.ts";

export interface Suspect {
  readonly request: Request;
  /** Its line in the request table is open, which means that the kernel has seen no reply. */
  readonly hasLine: boolean;
  /** Only a reading after this moment says anything about it, ns: its start, or its last check. */
  readonly sinceNs: number;
}

/** `stale`: the list is too old and must be read again; `unsure`: the list can't tell, check again later. */
export type Liveness = "alive" | "dead" | "stale" | "unsure";

/** The last reading of DebugData, indexed for lookups. */
export interface Reading {
  /** When, ns; -Infinity before the first. */
  readonly readNs: number;
  /** Undefined if it could not be read. */
  readonly list: RequestList | undefined;
  /** Its reader has not answered in time: a lock inside the client may be held. */
  readonly isLate: boolean;
}

/** The requests that the SMB client lists as in flight. */
export class RequestList {
  readonly #complete: boolean;
  readonly #listsChannels: boolean;
  readonly #listed = new Set<string>();
  readonly #sessions = new Map<bigint, CifsSession>();

  constructor(data: DebugData) {
    this.#complete = data.complete;
    this.#listsChannels = data.listsChannels;
    for (const { mids, sessions } of data.servers) {
      for (const { pid, messageId } of mids) this.#listed.add(keyOf(pid, messageId));
      for (const session of sessions) this.#sessions.set(session.sessionId, session);
    }
  }

  lists({ taskId, messageId }: Request): boolean {
    return this.#listed.has(keyOf(taskId, messageId));
  }

  /**
   * Whether a request that is not listed is certainly not in flight. The list does not cover it
   *   - if the list is cut;
   *   - if its session is not listed: kernels from 6.1 on print requests below their sessions, which appear only after
   *     the mount's first requests. But a session that has had READs or WRITEs and is not listed has ended for good;
   *   - if the format leaves out extra channels (5.15), and such a channel has requests in flight.
   */
  covers({ command, sessionId }: Request): boolean {
    if (!this.#complete) return false;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return pairsBySession(command);
    return this.#listsChannels || session.channels.every(({ inFlight }) => inFlight === 0);
  }
}

/** @param waitOf called only if the answer matters: it costs a read of /proc. */
export function judgeSuspect(
  { request, hasLine, sinceNs }: Suspect,
  { readNs, list, isLate }: Reading,
  waitOf: (taskId: number) => TaskWait,
): Liveness {
  if (hasNoWaiter(request, waitOf)) return "dead";
  const fresh = readNs > sinceNs;
  if (fresh && list?.lists(request)) return "alive";
  const absent = fresh && list?.covers(request) === true;
  // Without a line only the list can tell: the task may have moved on to another request.
  if (!hasLine) return absent ? "dead" : fresh ? "unsure" : "stale";

  if (pairsBySession(request.command)) {
    if (absent) return "dead";
    // No list covers it; the remaining evidence is that the kernel has seen no reply.
    if (fresh) return "alive";
    return isOneOf(waitOf(request.taskId), "reply", "io") ? "alive" : "stale";
  }
  const wait = waitOf(request.taskId);
  if (wait === "reply") return "alive";
  if (!fresh) return "stale";
  // A client whose lists can't be read is stuck itself. Its tasks spin for locks, and open requests are reported
  // unconfirmed.
  if (isLate) return wait === "running" ? "alive" : "unsure";
  return wait === "running" ? "unsure" : "dead";
}

// --- internal ---

/**
 * Whether the waiter of a request has exited. The client keeps such a request on its list until the reply comes
 * (transport.c: cifs_cancelled_callback), though no task awaits it. Exceptions: the data of a WRITE is awaited by the
 * file, whichever task sent it, and kernel workers come and go while their requests are in flight. A program that took
 * a worker's name gets the same benefit of the doubt: the client's list decides.
 */
function hasNoWaiter({ taskId, command, comm }: Request, waitOf: (taskId: number) => TaskWait): boolean {
  return command !== COMMAND.SMB2_WRITE && !hasWorkerName(comm) && waitOf(taskId) === "gone";
}

function keyOf(taskId: number, messageId: bigint): string {
  return `${taskId}/${messageId}`;
}

function isOneOf(wait: TaskWait, ...waits: readonly TaskWait[]): boolean {
  return waits.includes(wait);
}
