// Which share a request went to: the known trees of each session, and the look-up in them. Plain data in, names out. A
// tree id alone is not enough: servers count them from the start in each session, so two Windows servers both have IPC$
// as 1 and the first share as 5.

import { UNKNOWN_SHARE } from "./anomaly.ts";
import { GEOMETRY } from "./request.gen.ts";

/** One tree of one session, as DebugData lists it. Plain data, fit for postMessage. */
export interface TreeShare {
  readonly sessionId: bigint;
  /** Undefined if the kernel does not print it: SMB 2.0.2 and 2.1. */
  readonly treeId: number | undefined;
  /** `//server/share`. */
  readonly share: string;
  /** The target of its session's first connection, as the kernel prints it: an IP address, or a name. */
  readonly address?: string | undefined;
  /** The targets of its other connections; empty without multichannel. */
  readonly channelAddresses?: readonly string[] | undefined;
}

/** The slot in which the kernel counts the replies of all shares without a slot of their own. */
export const LAST_SLOT = GEOMETRY.SHARE_SLOTS - 1;

/** A tree and the facts about its network path. Plain data. */
export interface KnownTree extends TreeShare {
  /** The slot in which the kernel counts the replies of its share, 0 to LAST_SLOT. */
  readonly slot: number;
  /** The id of the server's own connection, if the kernel prints it; survives a reconnect. */
  readonly connectionId: number | undefined;
  /** The number of reconnects of that connection so far, plus one. */
  readonly instance?: number | undefined;
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  readonly encrypted: boolean;
  /** `//domain/namespace/link`: DFS paths that lead to the share and by which it is mounted. */
  readonly dfsPaths?: readonly string[] | undefined;
}

/** Stands for an unknown tree id if a request needs one: MS-SMB2 uses it for no tree. */
export const UNNUMBERED_TREE = 0xffff_ffff;

/** The shares of one session whose tree ids the kernel does not print. */
interface Unnumbered {
  readonly all: readonly string[];
  /** Without those for which a tree id of the session is known. */
  readonly open: readonly string[];
}

const NO_SHARES: Unnumbered = { all: [], open: [] };

/**
 * Finds shares by session and tree. If the kernel prints no tree ids, an unknown id of a session with a single share
 * belongs to that share, unless another id does; in doubt the answer is the server. IPC$ is not one of the session's
 * shares.
 */
export class ShareIndex {
  /** Nearly always one session for each tree id. */
  readonly #byTree = new Map<number, TreeShare[]>();
  readonly #unnumbered: ReadonlyMap<bigint, Unnumbered>;

  /** A later entry for the same session and tree replaces an earlier one. */
  constructor(trees: readonly TreeShare[] = []) {
    const unnumbered: TreeShare[] = [];
    for (const tree of trees) {
      const { treeId, sessionId, share } = tree;
      if (treeId !== undefined) {
        const others = (this.#byTree.get(treeId) ?? []).filter((one) => one.sessionId !== sessionId);
        this.#byTree.set(treeId, [...others, tree]);
      } else if (!isPipeShare(share)) unnumbered.push(tree);
    }
    this.#unnumbered = unnumbered.length === 0 ? new Map() : groupUnnumbered(unnumbered, trees);
  }

  /** The share; `//server` if it may be another share of this server; undefined if nothing is known. */
  find(sessionId: bigint, treeId: number): string | undefined {
    for (const tree of this.#byTree.get(treeId) ?? []) if (tree.sessionId === sessionId) return tree.share;
    if (treeId === 0) return undefined;
    const { all, open } = this.#unnumbered.get(sessionId) ?? NO_SHARES;
    // An id beside that of the only share is IPC$, or the share's own after a reconnect, or that of a share that is not
    // listed yet.
    if (all.length === 1 && (open.length === 1 || treeId === UNNUMBERED_TREE)) return all[0];
    const [server, ...others] = new Set(all.map(serverOfShare));
    return others.length === 0 ? server : undefined;
  }

  /** The possible shares of a tree; empty if its own is known, or nothing is. */
  possible(sessionId: bigint, treeId: number): readonly string[] {
    // Requests without a tree have 0: NEGOTIATE, SESSION_SETUP, TREE_CONNECT, LOGOFF.
    if (treeId === 0 || this.isKnown(sessionId, treeId)) return [];
    const { all, open } = this.#unnumbered.get(sessionId) ?? NO_SHARES;
    return treeId === UNNUMBERED_TREE || open.length === 0 ? all : open;
  }

  /** Whether the tree's own share is known. */
  isKnown(sessionId: bigint, treeId: number): boolean {
    return this.#byTree.get(treeId)?.some((tree) => tree.sessionId === sessionId) === true;
  }

  /** For a tree of an unknown session: undefined if several sessions have a tree with this id. */
  findAlone(treeId: number): string | undefined {
    const [only, ...others] = this.#byTree.get(treeId) ?? [];
    if (only !== undefined) return others.length === 0 ? only.share : undefined;
    const [share, ...more] = new Set([...this.#unnumbered.values()].flatMap(({ all }) => all));
    return more.length === 0 ? share : undefined;
  }

  /** The share, or UNKNOWN_SHARE. */
  nameOf(sessionId: bigint, treeId: number): string {
    return this.find(sessionId, treeId) ?? UNKNOWN_SHARE;
  }
}

/** `//server` of `//server/share`. */
export function serverOfShare(share: string): string {
  return share.split("/", 3).join("/");
}

/** Whether it is the share of a server's pipes: a read there may wait for hours. */
export function isPipeShare(share: string): boolean {
  return share.toUpperCase().endsWith("/IPC$");
}

/** Whether a share belongs to this server; case does not matter. */
export function isShareOf(share: string, server: string): boolean {
  return share.length > server.length && share.toLowerCase().startsWith(`${server.toLowerCase()}/`);
}

// --- internal ---

function groupUnnumbered(
  unnumbered: readonly TreeShare[],
  trees: readonly TreeShare[],
): ReadonlyMap<bigint, Unnumbered> {
  const nameIn = ({ sessionId, share }: TreeShare) => `${sessionId} ${share}`;
  const numbered = new Set(trees.filter(({ treeId }) => treeId !== undefined).map(nameIn));
  const bySession = Map.groupBy(unnumbered, ({ sessionId }) => sessionId);
  return new Map(
    [...bySession].map(([sessionId, its]) => {
      const open = its.filter((tree) => !numbered.has(nameIn(tree)));
      return [sessionId, { all: namesOf(its), open: namesOf(open) }];
    }),
  );
}

function namesOf(trees: readonly TreeShare[]): readonly string[] {
  return [...new Set(trees.map(({ share }) => share))];
}
