// What the cifs client says of itself in /proc/fs/cifs/DebugData, taken apart: cifs/ reads and parses it, the
// detector and the runner use it. Plain data. What a kernel did not say is undefined; nothing is guessed.

import type { KnownTree } from "./share.ts";

/** One TCP connection: a server's primary one, or an extra channel of a session. */
export interface Connection {
  /** The kernel's conn_id; survives a reconnect. */
  readonly connectionId: number | undefined;
  /** Credits left for requests; those for echoes and oplock breaks are not in it. */
  readonly credits: number | undefined;
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  /** enum statusEnum, cifsglob.h: 1 good, 2 exiting, 3 needs reconnect, 4 needs negotiate, 5 in negotiate. */
  readonly tcpStatus: number | undefined;
  /** Reconnects so far, and one. */
  readonly instance: number | undefined;
  readonly inFlight: number | undefined;
  readonly waitingForCredits: number | undefined;
}

export interface CifsServer extends Connection {
  /** Empty where the kernel has none. */
  readonly hostname: string;
  readonly sessions: readonly CifsSession[];
  readonly mids: readonly CifsMid[];
}

export interface CifsSession {
  readonly sessionId: bigint;
  readonly address: string;
  /** The server wants all of its messages encrypted. */
  readonly encrypted: boolean;
  /** Channels beside the server's own connection. */
  readonly channels: readonly Connection[];
  readonly shares: readonly CifsTree[];
}

export interface CifsTree {
  /** Unique within its session only. */
  readonly treeId: number;
  /** `\\server\share`. */
  readonly unc: string;
  readonly isIpc: boolean;
  /** By itself: mounted with `seal`, or a share that the server wants encrypted. */
  readonly encrypted: boolean;
}

/** A request that cifs has not taken off its list yet: struct mid_q_entry. */
export interface CifsMid {
  /** Undefined where the format does not say it: then it is the server's own connection. */
  readonly connectionId: number | undefined;
  readonly command: number;
  /** Task that created it, in the first pid namespace: what a request record calls taskId. */
  readonly pid: number;
  readonly messageId: bigint;
  /** 1 allocated, 2 submitted, 4 received, 8 to be retried, 0x10 malformed, 0x20 shut down, 0x40 ready. */
  readonly state: number;
}

export interface DebugData {
  readonly servers: readonly CifsServer[];
  /** MIDs of extra channels are listed too. False says only that it was not seen: the list may just be empty. */
  readonly listsChannels: boolean;
  /** False where something was cut off: then what is not listed may exist all the same. */
  readonly complete: boolean;
}

/**
 * What a task waits for in the kernel: an SMB server, some I/O, something else. "asleep": it waits, and nobody may say for what; of a
 * task that is inside cifs that is as good as a reply, of any other it says nothing. "running" also where we may not know.
 */
export type TaskWait = "gone" | "reply" | "io" | "other" | "asleep" | "running";

/** Whether a task that is inside cifs waits for a server, as far as can be told. */
export function isWaitInCifs(wait: TaskWait): boolean {
  return wait === "reply" || wait === "asleep";
}

/** `//server/share` of `\\server\share`. */
export function shareOf(unc: string): string {
  return unc.replaceAll("\\", "/");
}

/** Every tree of every session. */
export function treesOf(data: DebugData): readonly Omit<KnownTree, "slot">[] {
  return data.servers.flatMap(({ sessions, dialect, connectionId }) =>
    sessions.flatMap((session) =>
      session.shares.map(({ treeId, unc, encrypted }) => ({
        sessionId: session.sessionId,
        treeId,
        share: shareOf(unc),
        address: session.address,
        connectionId,
        dialect,
        encrypted: encrypted || session.encrypted,
      })),
    ),
  );
}
