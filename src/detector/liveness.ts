// What looks hung is checked before it is said: is anybody still waiting for this reply? In: a suspect, what cifs lists
// as in flight, what its task waits for; out: a verdict. Pure: it reads nothing.
//
// The kernel reports no end for a request whose waiter was killed, that was in flight at a reconnect, or whose reply
// was malformed; such a line stays open. Two witnesses:
//   - cifs's own list (MIDs in DebugData), by task and message id. What it lists is in flight, and somebody waits for
//     it unless its task is no more. What it does not list is not, provided that the list covers it: see `covers`.
//   - what the task waits for (its wchan). Good for synchronous requests, whose task waits for the reply; of READ and
//     WRITE it says little, for cifsd takes their replies. Parts of a compound leave the list one by one while their
//     task waits for the last, so a task that waits for cifs saves a request that is not listed.

import { hasWorkerName } from "../model/attribution.ts";
import type { CifsSession, DebugData, TaskWait } from "../model/cifs.ts";
import { COMMAND, pairsBySession } from "../model/command.ts";
import type { Request } from "../model/request.ts";

export interface Suspect {
  readonly request: Request;
  /** That its line in the request table is open says that the kernel has seen no reply. */
  readonly hasLine: boolean;
  /** Only what was read after this says anything about it, ns: its start, or when it was checked last. */
  readonly sinceNs: number;
}

/** `stale`: the list is too old to tell, it has to be read again; `unsure`: the list can't tell, ask later. */
export type Liveness = "alive" | "dead" | "stale" | "unsure";

/** The last reading of DebugData, ready for look-ups. */
export interface Reading {
  /** When, ns; -Infinity before the first. */
  readonly readNs: number;
  /** Undefined where it could not be read. */
  readonly list: RequestList | undefined;
  /** Its reader does not come back: a lock inside the client may be held. */
  readonly isLate: boolean;
}

/** What cifs lists as in flight. */
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
   * Whether a request that is not listed is not in flight. Not so where the list is cut; where its session is not
   * listed (its requests are not either: 6.1 and later print them below their sessions, which appear after the mount's
   * first requests), but a session that READ and WRITE had is gone for good; and not where the format leaves out
   * extra channels (5.15) and such a channel has requests in flight.
   */
  covers({ command, sessionId }: Request): boolean {
    if (!this.#complete) return false;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return pairsBySession(command);
    return this.#listsChannels || session.channels.every(({ inFlight }) => inFlight === 0);
  }
}

/** @param waitOf asked only where it matters: it costs a look into /proc. */
export function judgeSuspect(
  { request, hasLine, sinceNs }: Suspect,
  { readNs, list, isLate }: Reading,
  waitOf: (taskId: number) => TaskWait,
): Liveness {
  if (hasNoWaiter(request, waitOf)) return "dead";
  const fresh = readNs > sinceNs;
  if (fresh && list?.lists(request)) return "alive";
  const absent = fresh && list?.covers(request) === true;
  // Without a line only the list can tell: the task may have gone on to another request.
  if (!hasLine) return absent ? "dead" : fresh ? "unsure" : "stale";

  if (pairsBySession(request.command)) {
    if (absent) return "dead";
    // Fresh, but no list that covers it: what is left is that the kernel has seen no reply.
    if (fresh) return "alive";
    return isOneOf(waitOf(request.taskId), "reply", "io") ? "alive" : "stale";
  }
  const wait = waitOf(request.taskId);
  if (wait === "reply") return "alive";
  if (!fresh) return "stale";
  // A client whose lists can't be read is stuck itself: tasks spin for its locks, and what is left open is reported unconfirmed.
  if (isLate) return wait === "running" ? "alive" : "unsure";
  return wait === "running" ? "unsure" : "dead";
}

// --- internal ---

/**
 * cifs keeps a request whose waiter was killed on its list until the reply comes (transport.c: cifs_cancelled_callback),
 * but nobody waits for it any more. What a WRITE carries is awaited by the file, whoever sent it; and kernel workers
 * come and go while their requests are in flight. A program that took a worker's name gets the same doubt: the name alone
 * closes nothing, and the client's list decides.
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
