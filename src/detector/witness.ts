// What the detector asks about its requests: which share a tree is, and whether a task still waits. This file holds the
// questions and the witness for synthetic traffic, of which no SMB client knows; cifs-witness.ts asks the kernel's
// client. Pure.

import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { Block, DebugData, TaskWait } from "../model/cifs.ts";
import { mayBlockOnIpc } from "../model/command.ts";
import type { Mount } from "../model/mountinfo.ts";
import type { Operation } from "../model/operation.ts";
import type { Request } from "../model/request.ts";
import { isPipeShare, type KnownTree, LAST_SLOT } from "../model/share.ts";
import type { Liveness, Suspect } from "./liveness.ts";
import type { Task } from "./servers.ts";
import type { FindUsedTrees } from "./used-trees.ts";

export type Tree = Pick<Request, "sessionId" | "treeId">;

/**
 * The result of a DebugData reading. Undefined if it can't be read; `late` if its reader did not answer in time, or an
 * earlier reader has not answered yet.
 */
export type DebugDataResult = DebugData | undefined | "late";

export interface Witness {
  /** @returns `//server/share`, or UNKNOWN_SHARE. */
  shareOf(tree: Tree, nowNs: number): string;
  /** @returns `//server` of a signal's connection or session, or UNKNOWN_SHARE. */
  serverOf(signal: Pick<Request, "command" | "sessionId">, nowNs: number): string;
  /** Checks whether a task still waits for each suspect. @returns one answer for each, in their order. */
  check(suspects: readonly Suspect[], nowNs: number): readonly Liveness[];
  /** The slot in which the kernel counts the replies of a share. */
  slotOf(share: string): number;
  /** The reason why a task waits. */
  waitOf(taskId: number): TaskWait;
  /**
   * The uninterruptible sleep of a task that has entered cifs and does not wait for a server; undefined if there is
   * none.
   */
  blockOf(taskId: number): Block | undefined;
  /**
   * The share that a task waits for before it has a request, as far as the list of servers in trouble tells.
   * @param last the tree that the task used last, if it is known.
   */
  awaitedShare(last: Tree | undefined, nowNs: number): string;
  /**
   * Requests and operations that the last reading found open, perhaps since before aod started. Their age counts from
   * now.
   */
  inherited(nowNs: number): Inheritance;
  /** Tasks that wait for a server in trouble, in any function. Their age counts from now. Searched for rarely. */
  findWaiting(nowNs: number): readonly Operation[];
  /** Starts a reading of DebugData now, however recent the last one is. */
  read(nowNs: number): void;
  /** When the last reading that has a result began, ns. */
  readonly readNs: number;
  /** Takes the result of the reading in progress. */
  take(answer: DebugDataResult, nowNs: number): void;
  /**
   * Whether a reading in progress may name the share of a request or the server of a signal. Starts a reading if one is
   * due.
   */
  isAwaiting(record: Request, nowNs: number): boolean;
  /** Until when the reading in progress is worth waiting for, ns; in the past if there is none. */
  readonly holdUntilNs: number;
  /** When a `stale` suspect can be checked again, ns. */
  readonly readableNs: number;
  /**
   * Notes that something was mounted or unmounted. The order of mounts tells apart trees whose ids the kernel does not
   * print.
   */
  noteMounts(nowNs: number): void;
  /** The DFS paths that lead to a share, as other names of it; the same list object until they change. */
  dfsPathsOf(share: string): readonly string[];
  /** All known trees, if they changed since the last call. */
  takeShares(): readonly KnownTree[] | undefined;
}

/** Requests and operations that began before aod did. */
export interface Inheritance {
  readonly requests: readonly Request[];
  readonly operations: readonly Operation[];
}

/** How the kernel is read. */
export interface CifsReader {
  /** Every thread of the host that waits for an SMB server. Costs a read of /proc for each thread. */
  readonly findWaiting: () => readonly Task[];
  /** Undefined for a task that has exited. */
  readonly taskOf: (taskId: number) => Task | undefined;
  /** `pending`: the result comes later. */
  readonly readDebugData: (nowNs: number) => DebugDataResult | "pending";
  readonly waitOf: (taskId: number) => TaskWait;
  readonly blockOf: (taskId: number) => Block | undefined;
  /** The host's SMB mounts. */
  readonly readMounts: () => readonly Mount[];
  /** The trees of these sessions that requests in the table used. */
  readonly usedTrees: FindUsedTrees;
}

/**
 * Whether a request may block because its share is an IPC$. The share is looked up only for commands where it matters.
 */
export function isOnIpc(witness: Witness, request: Request, nowNs: number): boolean {
  return mayBlockOnIpc(request.command) && isPipeShare(witness.shareOf(request, nowNs));
}

/** One list object for every share: a ledger recomputes which rules cover a share whenever the object changes. */
const NO_DFS_PATHS: readonly string[] = [];

/** For synthetic traffic, of which no SMB client knows: a request is alive while its line is open. */
export const TABLE_WITNESS: Witness = {
  shareOf: () => UNKNOWN_SHARE,
  serverOf: () => UNKNOWN_SHARE,
  slotOf: () => LAST_SLOT,
  waitOf: () => "running",
  blockOf: () => undefined,
  awaitedShare: () => UNKNOWN_SHARE,
  inherited: () => ({ requests: [], operations: [] }),
  findWaiting: () => [],
  read: () => undefined,
  readNs: Infinity,
  take: () => undefined,
  isAwaiting: () => false,
  holdUntilNs: -Infinity,
  check: (suspects) => suspects.map(({ hasLine }) => (hasLine ? "alive" : "unsure")),
  readableNs: -Infinity,
  noteMounts: () => undefined,
  dfsPathsOf: () => NO_DFS_PATHS,
  takeShares: () => undefined,
};
