// What one reading of DebugData shows of servers: their names, which are in trouble, and the requests that they have
// not answered. Pure: plain values in and out.

import { type CifsMid, type CifsServer, type Connection, type DebugData, shareOf } from "../model/cifs.ts";
import { COMMAND } from "../model/command.ts";
import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { serverOfShare, UNNUMBERED_TREE } from "../model/share.ts";

/** enum statusEnum, fs/smb/client/cifsglob.h: CifsGood. */
const GOOD = 1;

/** A thread as in /proc. */
export interface Task {
  readonly taskId: number;
  readonly processId: number;
  readonly comm: string;
}

/** Pairs of connection id and `//server`, extra channels included. */
export function serversByConnection({ servers }: DebugData): readonly (readonly [number, string])[] {
  return servers.flatMap((server) => {
    const name = nameOf(server);
    if (name === undefined) return [];
    return connectionsOf(server).flatMap(({ connectionId }) =>
      connectionId === undefined ? [] : [[connectionId, name] as const],
    );
  });
}

/** `//server` of all servers, each once. */
export function serverNames({ servers }: DebugData): readonly string[] {
  return [...new Set(servers.flatMap((server) => nameOf(server) ?? []))];
}

/** `//server` of the servers in trouble: a connection is not good, or tasks wait for credits. */
export function troubledServers({ servers }: DebugData): readonly string[] {
  const troubled = servers.filter((server) =>
    connectionsOf(server).some(
      ({ tcpStatus, waitingForCredits }) => (tcpStatus ?? GOOD) !== GOOD || (waitingForCredits ?? 0) > 0,
    ),
  );
  return [...new Set(troubled.flatMap((server) => nameOf(server) ?? []))];
}

/**
 * The requests that the client lists as in flight, with what it lists of them, and their share if the server has only
 * one.
 * @param startNs stands for their start, which the list does not show.
 */
export function requestsListed(
  { servers }: DebugData,
  taskOf: (taskId: number) => Task | undefined,
  startNs: bigint,
): readonly Request[] {
  return servers.flatMap((server) =>
    server.mids.flatMap((mid) => {
      const task = taskOf(mid.pid);
      // The reply to an ECHO is never seen.
      return task === undefined || mid.command === COMMAND.SMB2_ECHO
        ? []
        : [requestOf(server, mid, task, startNs)];
    }),
  );
}

// --- internal ---

/** The server's name in its shares; `hostname` may be another name of the same machine, or empty. */
function nameOf({ hostname, sessions }: CifsServer): string | undefined {
  const [share] = sessions.flatMap(({ shares }) => shares);
  const name = share === undefined ? `//${hostname}` : serverOfShare(shareOf(share.unc));
  return name === "//" ? undefined : name;
}

function connectionsOf(server: CifsServer): readonly Connection[] {
  return [server, ...server.sessions.flatMap(({ channels }) => channels)];
}

function requestOf(
  server: CifsServer,
  { command, messageId }: CifsMid,
  task: Task,
  startNs: bigint,
): Request {
  const trees = server.sessions.flatMap(({ sessionId, shares }) =>
    shares.filter(({ isIpc }) => !isIpc).map(({ treeId = UNNUMBERED_TREE }) => ({ sessionId, treeId })),
  );
  // Several trees without printed ids are named after the server; several others leave the tree unknown.
  const [first] = trees;
  const isOne = trees.length === 1 || (trees.length > 1 && trees.every(isUnnumbered));
  const tree = isOne ? first : undefined;
  return {
    ...(tree ?? { sessionId: server.sessions[0]?.sessionId ?? 0n, treeId: 0 }),
    ...task,
    startNs,
    messageId,
    command,
    kind: KIND.REQUEST,
    latencyNs: 0,
    ntStatus: 0,
    errno: 0,
    flags: 0,
  };
}

function isUnnumbered({ treeId }: { readonly treeId: number }): boolean {
  return treeId === UNNUMBERED_TREE;
}
