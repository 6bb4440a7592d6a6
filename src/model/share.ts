// Which share a request went to: what is known of the trees of each session, and the look-up in it. Plain data in,
// names out. A tree id alone says nothing: servers count them anew in each session, so that two Windows servers both
// have IPC$ as 1 and the first share as 5.

import { UNKNOWN_SHARE } from "./anomaly.ts";
import { GEOMETRY } from "./request.gen.ts";

/** One tree of one session, as DebugData lists it. Plain data, fit for postMessage. */
export interface TreeShare {
  readonly sessionId: bigint;
  readonly treeId: number;
  /** `//server/share`. */
  readonly share: string;
  /** Where its session's first connection leads, as the kernel says it: an IP address, or a name. */
  readonly address?: string | undefined;
}

/** The slot in which the kernel counts the replies of all shares that have none of their own. */
export const LAST_SLOT = GEOMETRY.SHARE_SLOTS - 1;

/** The same, and what is known of the way there. Plain data. */
export interface KnownTree extends TreeShare {
  /** Where the kernel counts its share's replies, 0 to LAST_SLOT. */
  readonly slot: number;
  /** Of the server's own connection, where the kernel says it; survives a reconnect. */
  readonly connectionId: number | undefined;
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  readonly encrypted: boolean;
}

/** Finds shares by session and tree. */
export class ShareIndex {
  /** Nearly always one session for each tree id. */
  readonly #byTree = new Map<number, TreeShare[]>();

  /** A later entry for the same session and tree replaces an earlier one. */
  constructor(trees: readonly TreeShare[] = []) {
    for (const tree of trees) {
      const others = (this.#byTree.get(tree.treeId) ?? []).filter((one) => one.sessionId !== tree.sessionId);
      this.#byTree.set(tree.treeId, [...others, tree]);
    }
  }

  /** Undefined where nothing is known. */
  find(sessionId: bigint, treeId: number): string | undefined {
    const trees = this.#byTree.get(treeId);
    if (trees === undefined) return undefined;
    for (const tree of trees) if (tree.sessionId === sessionId) return tree.share;
    return undefined;
  }

  /** Of a tree whose session is not known: undefined where several sessions have one of this number. */
  findAlone(treeId: number): string | undefined {
    const [only, ...others] = this.#byTree.get(treeId) ?? [];
    return others.length === 0 ? only?.share : undefined;
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

/** Whether it is the share of a server's pipes: what is read there may wait for hours. */
export function isPipeShare(share: string): boolean {
  return share.toUpperCase().endsWith("/IPC$");
}

/** Whether a share is one of this server's. */
export function isShareOf(share: string, server: string): boolean {
  return share.startsWith(`${server}/`);
}
