// The trees that the detector knows: those that DebugData lists, and the tree ids of shares for which the kernel prints
// none (SMB 2.0.2 and 2.1), inferred from the trees that requests used. Pure; it reads nothing.
//
// An id is bound to the only share that is left: one of the session's shares to which no other id is bound. Several
// candidates are told apart by the order in which they were connected, if the table shows it. A reconnect gives out new
// ids, so it ends the bindings of its session. In any doubt the requests belong to `//server`, which is better than a
// wrong share. Two cases are not detected: a share that the server deletes and creates again while another one is
// mounted, and a reconnect that keeps the session's id before the share was first listed.
// The tracepoint smb3_tcon does not help: it passes the id that the tree had before (SMB2_tcon, smb2pdu.c), and the
// name behind a pointer.

import {
  isPipeShare,
  isShareOf,
  type KnownTree,
  ShareIndex,
  serverOfShare,
  UNNUMBERED_TREE,
} from "../model/share.ts";
import { ShareSlots } from "./share-slots.ts";
import type { UsedTree } from "./used-trees.ts";

/** Trees that are remembered, including those of ended sessions, whose requests are still in the table. */
export const TREES_MAX = 2048;

type Listed = Omit<KnownTree, "slot">;
type Match = readonly [UsedTree, string];

export class KnownTrees {
  readonly #slots: ShareSlots;
  /** By key, in the order of the readings that listed them last. */
  readonly #trees = new Map<string, KnownTree>();
  /** By key of a tree: when its id was bound to a share, ns. */
  readonly #boundNs = new Map<string, number>();
  /**
   * By key of a tree without an id: the start of the first reading that listed it, ns; -Infinity: its id stays unknown.
   */
  readonly #listedNs = new Map<string, number>();
  #index: ShareIndex;
  #dfsPaths: ReadonlyMap<string, readonly string[]> = new Map();
  #changed = false;

  /** @param known the trees that an earlier detector knew. */
  constructor(known: readonly KnownTree[]) {
    this.#slots = new ShareSlots(known);
    for (const tree of known) {
      this.#remember(tree);
      if (tree.treeId === undefined) this.#listedNs.set(keyOf(tree), -Infinity);
    }
    this.#changed = false;
    this.#index = new ShareIndex(known);
    this.#dfsPaths = dfsPathsByShare(known);
  }

  /**
   * @param sinceNs when the reading began.
   * @param isComplete whether trees without an id that the reading does not list have been disconnected.
   */
  takeReading(listed: readonly Listed[], sinceNs: number, isComplete = true): void {
    if (isComplete) this.#dropUnlisted(new Set(listed.map(keyOf)));
    for (const tree of listed) this.#dropReconnected(tree);
    for (const tree of listed) {
      this.#remember({ ...tree, slot: this.#slots.take(tree.share) });
      const key = keyOf(tree);
      if (tree.treeId === undefined && !this.#listedNs.has(key)) this.#listedNs.set(key, sinceNs);
    }
    this.#reindex();
  }

  /** Sessions with file shares whose tree ids the kernel does not print. */
  get unnumberedSessions(): ReadonlySet<bigint> {
    const trees = [...this.#trees.values()];
    const isUnnumbered = ({ treeId, share }: KnownTree) => treeId === undefined && !isPipeShare(share);
    return new Set(trees.filter(isUnnumbered).map(({ sessionId }) => sessionId));
  }

  /**
   * Binds ids to shares if only one share is left for them. Call it right after a reading, which lists every share that
   * these trees can be.
   */
  bind(used: readonly UsedTree[], nowNs: number): void {
    for (const tree of used) if (tree.endedNs > this.#boundAt(tree, nowNs)) this.#unbind(tree);
    this.#reindex();
    const inDoubt = used.filter(
      ({ sessionId, treeId, filesNs }) => filesNs < Infinity && !this.#index.isKnown(sessionId, treeId),
    );
    for (const [sessionId, its] of Map.groupBy(inDoubt, (tree) => tree.sessionId))
      for (const [tree, share] of this.#match(sessionId, its)) this.#bindTo(share, tree, nowNs);
    this.#reindex();
  }

  /** See ShareIndex. */
  get index(): ShareIndex {
    return this.#index;
  }

  slotOf(share: string): number {
    return this.#slots.of(share);
  }

  /** @returns `//server`. */
  serverOfSession(sessionId: bigint): string | undefined {
    for (const tree of this.#trees.values())
      if (tree.sessionId === sessionId) return serverOfShare(tree.share);
    return undefined;
  }

  /** The server's shares except IPC$. */
  sharesOf(server: string): ReadonlySet<string> {
    const shares = [...this.#trees.values()].map(({ share }) => share);
    return new Set(shares.filter((share) => isShareOf(share, server) && !isPipeShare(share)));
  }

  /** The DFS paths that lead to a share; the same list object until they change. */
  dfsPathsOf(share: string): readonly string[] {
    return this.#dfsPaths.get(share) ?? NO_PATHS;
  }

  /** All known trees, if they changed since the last call. */
  takeChanged(): readonly KnownTree[] | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return [...this.#trees.values()];
  }

  // --- internal ---

  #bindTo(share: string, { sessionId, treeId }: UsedTree, nowNs: number): void {
    const listed = this.#trees.get(keyOf({ sessionId, treeId: undefined, share }));
    if (listed === undefined) return;
    this.#remember({ ...listed, treeId });
    this.#boundNs.set(keyOf({ sessionId, treeId, share }), nowNs);
  }

  /** Pairs trees of a session with the only share that each can be; none in any doubt. */
  #match(sessionId: bigint, trees: readonly UsedTree[]): readonly Match[] {
    const shares = this.#index.possible(sessionId, UNNUMBERED_TREE);
    const bound = this.#boundTrees(sessionId);
    const open = shares.filter((name) => bound.every(({ share }) => share !== name));
    // If one share has several ids, all but one are stale and may be given to the next share. A single share needs no
    // id.
    const isSure =
      bound.length + trees.length === 1 && shares.every((share) => this.#isSure(sessionId, share));
    if (shares.length === 1 && !isSure) {
      for (const tree of bound) this.#drop(keyOf(tree));
      return [];
    }
    const [last, ...more] = open;
    if (last === undefined || more.length > 0) return this.#pairByOrder(sessionId, trees, open);
    const [tree, ...rivals] = trees.filter((one) => this.#isConnectedBefore(last, one));
    return tree !== undefined && rivals.length === 0 ? [[tree, last]] : [];
  }

  /**
   * Pairs shares that were mounted in quick succession, before any of them was listed: the kernel lists the newest
   * first (list_add in cifs_get_tcon, connect.c), and each was connected after the one before it was used. A reconnect
   * follows another order, and the table may show ids of the time before it.
   */
  #pairByOrder(sessionId: bigint, trees: readonly UsedTree[], shares: readonly string[]): readonly Match[] {
    const oldestFirst = trees.toSorted((a, b) => a.filesNs - b.filesNs);
    const isInOrder = oldestFirst.every(
      ({ connectedNs }, i) => connectedNs > (oldestFirst[i - 1]?.filesNs ?? -Infinity),
    );
    const newestConnectNs = oldestFirst.at(-1)?.connectedNs ?? Infinity;
    const isNew = shares.every((share) => this.#isListedSince(newestConnectNs, sessionId, share));
    if (shares.length !== trees.length || !isInOrder || !isNew) return [];
    return oldestFirst.map((tree, i) => [tree, shares.at(-1 - i) as string]);
  }

  /**
   * Whether a tree was connected before the share was first listed; a later one may be another share that was
   * reconnected.
   */
  #isConnectedBefore(share: string, { sessionId, connectedNs }: UsedTree): boolean {
    const listedNs = this.#listedNs.get(keyOf({ sessionId, treeId: undefined, share }));
    return listedNs === undefined || connectedNs <= listedNs;
  }

  #isSure(sessionId: bigint, share: string): boolean {
    return this.#listedNs.get(keyOf({ sessionId, treeId: undefined, share })) !== -Infinity;
  }

  /** Whether the share was first listed after this time and its connection has never been lost. */
  #isListedSince(timeNs: number, sessionId: bigint, share: string): boolean {
    const key = keyOf({ sessionId, treeId: undefined, share });
    return this.#trees.get(key)?.instance === 1 && (this.#listedNs.get(key) ?? -Infinity) >= timeNs;
  }

  #boundTrees(sessionId: bigint): readonly KnownTree[] {
    const trees = [...this.#trees.values()];
    return trees.filter((tree) => tree.sessionId === sessionId && tree.treeId !== undefined);
  }

  #dropUnlisted(present: ReadonlySet<string>): void {
    for (const [key, { treeId }] of this.#trees)
      if (treeId === undefined && !present.has(key)) {
        this.#changed = this.#trees.delete(key);
        this.#listedNs.delete(key);
      }
  }

  /** After a reconnect a server may give a session the same id again, but not its trees. */
  #dropReconnected(listed: Listed): void {
    const before = this.#trees.get(keyOf(listed));
    if (listed.treeId !== undefined || before === undefined) return;
    if (before.instance === listed.instance) return;
    this.#listedNs.set(keyOf(listed), -Infinity);
    for (const tree of this.#boundTrees(listed.sessionId)) this.#drop(keyOf(tree));
  }

  /**
   * When the tree was bound, ns. The bindings of an earlier detector count from when this detector first meets them.
   */
  #boundAt({ sessionId, treeId }: UsedTree, nowNs: number): number {
    const key = keyOf({ sessionId, treeId, share: "" });
    const boundNs = this.#boundNs.get(key) ?? (this.#trees.has(key) ? nowNs : Infinity);
    if (boundNs !== Infinity) this.#boundNs.set(key, boundNs);
    return boundNs;
  }

  /** Ends the binding of a disconnected tree: its share may get another id, and its id another share. */
  #unbind({ sessionId, treeId }: UsedTree): void {
    const key = keyOf({ sessionId, treeId, share: "" });
    const tree = this.#trees.get(key);
    // If its share is still listed, it is connected with another id from now on.
    if (tree !== undefined) this.#listedNs.delete(keyOf({ ...tree, treeId: undefined }));
    this.#drop(key);
  }

  #drop(key: string): void {
    this.#boundNs.delete(key);
    if (this.#trees.delete(key)) this.#changed = true;
  }

  #remember(tree: KnownTree): void {
    const key = keyOf(tree);
    const before = this.#trees.get(key);
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    if (before === undefined || !isSame(before, tree)) this.#changed = true;
    const [oldest = ""] = this.#trees.keys();
    if (this.#trees.size > TREES_MAX) {
      this.#drop(oldest);
      this.#listedNs.delete(oldest);
    }
  }

  #reindex(): void {
    if (!this.#changed) return;
    const trees = [...this.#trees.values()];
    this.#index = new ShareIndex(trees);
    this.#dfsPaths = dfsPathsByShare(trees);
  }
}

const NO_PATHS: readonly string[] = [];

function dfsPathsByShare(trees: readonly KnownTree[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  for (const { share, dfsPaths = [] } of trees)
    if (dfsPaths.length > 0) paths.set(share, [...new Set([...(paths.get(share) ?? []), ...dfsPaths])]);
  return paths;
}

/** A tree without an id is identified by its name. */
function keyOf({ sessionId, treeId, share }: Pick<Listed, "sessionId" | "treeId" | "share">): string {
  return treeId === undefined ? `${sessionId} ${share.toLowerCase()}` : `${sessionId}/${treeId}`;
}

function isSame(a: KnownTree, b: KnownTree): boolean {
  const fields = ["share", "address", "connectionId", "instance", "dialect", "encrypted"] as const;
  const lists = ["dfsPaths", "channelAddresses"] as const;
  return (
    fields.every((field) => a[field] === b[field]) &&
    lists.every((list) => String(a[list]) === String(b[list]))
  );
}
