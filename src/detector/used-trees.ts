// Finds the trees of some sessions that requests in the table used. Pure but for the live table, whose lines BPF
// programs change meanwhile: a line may be half-written, and a later reading corrects that.

import { COMMAND } from "../model/command.ts";
import { REQUEST_BYTES } from "../model/request.gen.ts";
import type { RequestMemory } from "../model/request.ts";

export interface UsedTree {
  readonly sessionId: bigint;
  readonly treeId: number;
  /** When it was last disconnected, ns; -Infinity for never. */
  readonly endedNs: number;
  /**
   * When a request first used it for files since then, that is, one that cifs never sends to IPC$, ns; Infinity for
   * never.
   */
  readonly filesNs: number;
  /** When a tree of its session was last connected before that, ns; -Infinity if that was not seen. */
  readonly connectedNs: number;
}

/**
 * Finds the trees that requests of some sessions used.
 * @param beforeNs requests that were sent later are ignored: a reading that began then may not list their trees.
 */
export type FindUsedTrees = (sessions: ReadonlySet<bigint>, beforeNs: number) => readonly UsedTree[];

export function usedTreesOf(table: RequestMemory): FindUsedTrees {
  return (sessions, beforeNs) => (sessions.size === 0 ? [] : findUsed(table, sessions, beforeNs));
}

// --- internal ---

/** Not evidence of a file share: cifs asks any tree for interfaces, and IPC$ for DFS referrals. */
const OF_ANY_TREE: ReadonlySet<number> = new Set([COMMAND.SMB2_TREE_DISCONNECT, COMMAND.SMB2_IOCTL]);
/** Trees in one result, at most. */
const USED_MAX = 4096;

interface Uses {
  readonly sessionId: bigint;
  readonly treeId: number;
  endedNs: number;
  readonly filesNs: number[];
}

function findUsed(
  table: RequestMemory,
  sessions: ReadonlySet<bigint>,
  beforeNs: number,
): readonly UsedTree[] {
  const used = new Map<string, Uses>();
  const connects = new Map<bigint, number[]>();
  for (let at = 0; at < table.byteLength; at += REQUEST_BYTES) {
    const sessionId = table.sessionId(at);
    if (!sessions.has(sessionId)) continue;
    const [treeId, command, startNs] = [table.treeId(at), table.command(at), Number(table.startNs(at))];
    if (command === COMMAND.SMB2_TREE_CONNECT) listOf(connects, sessionId).push(startNs);
    const key = `${sessionId}/${treeId}`;
    if (treeId === 0 || (!used.has(key) && used.size >= USED_MAX)) continue;
    const tree = used.get(key) ?? { sessionId, treeId, endedNs: -Infinity, filesNs: [] };
    used.set(key, tree);
    if (command === COMMAND.SMB2_TREE_DISCONNECT) tree.endedNs = Math.max(tree.endedNs, startNs);
    else if (!OF_ANY_TREE.has(command) && startNs < beforeNs) tree.filesNs.push(startNs);
  }
  return [...used.values()].map(({ sessionId, treeId, endedNs, filesNs }) => {
    const firstNs = least(filesNs.filter((startNs) => startNs > endedNs));
    const before = (connects.get(sessionId) ?? []).filter((startNs) => startNs < firstNs);
    return { sessionId, treeId, endedNs, filesNs: firstNs, connectedNs: -least(before.map((ns) => -ns)) };
  });
}

function listOf(lists: Map<bigint, number[]>, sessionId: bigint): number[] {
  const list = lists.get(sessionId) ?? [];
  lists.set(sessionId, list);
  return list;
}

/** The least value; Infinity for none. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
