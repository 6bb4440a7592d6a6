// The content of /proc/fs/cifs/DebugData as plain data: cifs/ reads and parses it, the detector and the runner use it.
// Facts that a kernel does not print are undefined; nothing is guessed.

import { isShareOf, type KnownTree } from "./share.ts";

/** One TCP connection: a server's primary one, or an extra channel of a session. */
export interface Connection {
  /** The kernel's conn_id; survives a reconnect. */
  readonly connectionId: number | undefined;
  /** Credits left for requests, without those for echoes and oplock breaks. */
  readonly credits: number | undefined;
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  /** enum statusEnum, cifsglob.h: 1 good, 2 exiting, 3 needs reconnect, 4 needs negotiate, 5 in negotiate. */
  readonly tcpStatus: number | undefined;
  /** The number of reconnects so far, plus one. */
  readonly instance: number | undefined;
  readonly inFlight: number | undefined;
  readonly waitingForCredits: number | undefined;
}

export interface CifsServer extends Connection {
  /** Empty if the kernel prints none. */
  readonly hostname: string;
  /** `\\domain\namespace\link`: DFS paths that led to this connection, as far as the kernel prints them. */
  readonly dfsPaths: readonly string[];
  readonly sessions: readonly CifsSession[];
  readonly mids: readonly CifsMid[];
}

export interface CifsSession {
  readonly sessionId: bigint;
  readonly address: string;
  /** The server requires encryption of all its messages. */
  readonly encrypted: boolean;
  /** Channels in addition to the server's own connection. */
  readonly channels: readonly Connection[];
  /** The addresses of these channels: the interfaces of the server that they use. */
  readonly channelAddresses: readonly string[];
  readonly shares: readonly CifsTree[];
}

export interface CifsTree {
  /** Unique within its session only; undefined if the kernel does not print it: SMB 2.0.2 and 2.1. */
  readonly treeId: number | undefined;
  /** `\\server\share`. */
  readonly unc: string;
  readonly isIpc: boolean;
  /** Encrypted by itself: mounted with `seal`, or the server requires encryption for this share. */
  readonly encrypted: boolean;
  /** The DFS path that was mounted, as far as the kernel prints it. */
  readonly dfsPaths: readonly string[];
}

/** A request that cifs has not removed from its list yet: struct mid_q_entry. */
export interface CifsMid {
  /** Undefined if the format does not print it: then it is the server's own connection. */
  readonly connectionId: number | undefined;
  readonly command: number;
  /** The task that created it, in the first pid namespace: the taskId of a request record. */
  readonly pid: number;
  readonly messageId: bigint;
  /** 1 allocated, 2 submitted, 4 received, 8 to be retried, 0x10 malformed, 0x20 shut down, 0x40 ready. */
  readonly state: number;
}

export interface DebugData {
  readonly servers: readonly CifsServer[];
  /** MIDs of extra channels were seen in the list. False does not exclude them: the list may be empty. */
  readonly listsChannels: boolean;
  /** False if the text was cut off: then entries may exist that are not listed. */
  readonly complete: boolean;
}

/**
 * The reason why a task waits in the kernel: an SMB server, some I/O, or something else. "asleep": it waits, and aod
 * must not see for what. For a task inside cifs this is as good as a reply, for any other it proves nothing. "running"
 * also stands for tasks that aod must not inspect.
 */
export type TaskWait = "gone" | "reply" | "io" | "other" | "asleep" | "running";

/** An uninterruptible sleep inside cifs that is not a wait for a server: for a lock, a page, a key. */
export interface Block {
  /** The kernel function. */
  readonly place: string;
  /** How often the task has given up its CPU. If two readings are equal, it has not run in between. */
  readonly switches: number;
}

/** Whether a task inside cifs waits for a server, as far as aod can tell. */
export function isWaitInCifs(wait: TaskWait): boolean {
  return wait === "reply" || wait === "asleep";
}

/** `//server/share` of `\\server\share`. */
export function shareOf(unc: string): string {
  return unc.replaceAll("\\", "/");
}

/** Every tree of every session. */
export function treesOf(data: DebugData): readonly Omit<KnownTree, "slot">[] {
  return data.servers.flatMap((server) =>
    server.sessions.flatMap((session) =>
      session.shares.map((tree) => ({
        sessionId: session.sessionId,
        treeId: tree.treeId,
        share: shareOf(tree.unc),
        address: session.address,
        channelAddresses: session.channelAddresses,
        connectionId: server.connectionId,
        instance: server.instance,
        dialect: server.dialect,
        encrypted: tree.encrypted || session.encrypted,
        dfsPaths: dfsPathsOf(tree, server),
      })),
    ),
  );
}

// --- internal ---

/** The path of a connection is taken for that of its only share of files; with several shares it would be a guess. */
function dfsPathsOf(tree: CifsTree, { dfsPaths, sessions }: CifsServer): readonly string[] {
  if (tree.isIpc) return [];
  const names = sessions.flatMap(({ shares }) => shares.flatMap(({ isIpc, unc }) => (isIpc ? [] : unc)));
  const ofServer = new Set(names.map((unc) => unc.toLowerCase())).size === 1 ? dfsPaths : [];
  const share = shareOf(tree.unc);
  const paths = new Set([...tree.dfsPaths, ...ofServer].map(shareOf));
  // The root of a namespace has its own name there.
  return [...paths].filter((path) => path.toLowerCase() !== share.toLowerCase() && !isShareOf(path, share));
}
