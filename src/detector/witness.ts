// The detector's questions about its requests: which share a tree is, and whether a task still waits. Here are the questions, and
// the witness for traffic that no cifs client knows of; cifs-witness.ts asks the client. Pure.

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
 * A reading of DebugData. Undefined where it can't be read; `late`: its reader did not come back in time, or an earlier one has
 * not come back yet.
 */
export type DebugDataResult = DebugData | undefined | "late";

export interface Witness {
  /** `//server/share`, or UNKNOWN_SHARE. */
  shareOf(tree: Tree, nowNs: number): string;
  /** `//server` of a signal's connection or session, or UNKNOWN_SHARE. */
  serverOf(signal: Pick<Request, "command" | "sessionId">, nowNs: number): string;
  /** One verdict for each, in their order. */
  check(suspects: readonly Suspect[], nowNs: number): readonly Liveness[];
  /** The slot in which the kernel counts the replies of a share. */
  slotOf(share: string): number;
  /** What a task waits for. */
  waitOf(taskId: number): TaskWait;
  /** The sleep of a task that has entered cifs, where it does not wait for a server; undefined where it does not sleep so. */
  blockOf(taskId: number): Block | undefined;
  /**
   * The share that a task waits for before it has a request, as far as the servers in trouble tell.
   * @param last the tree that the task used last, where that is known.
   */
  awaitedShare(last: Tree | undefined, nowNs: number): string;
  /** Requests and operations that the last reading found under way, perhaps since before aod started: their age counts from now. */
  inherited(nowNs: number): Inheritance;
  /** Tasks that wait for a server in trouble, whatever they are at: their age counts from now. Rarely looked for. */
  findWaiting(nowNs: number): readonly Operation[];
  /** Has DebugData read now, whenever that was done last. */
  read(nowNs: number): void;
  /** When the last reading that was answered began, ns. */
  readonly readNs: number;
  /** The answer of the reading that is under way. */
  take(answer: DebugDataResult, nowNs: number): void;
  /** Whether a reading under way may name the share of a request or the server of a signal; begins one where it is due. */
  isAwaiting(record: Request, nowNs: number): boolean;
  /** Until when the reading under way is worth waiting for, ns; in the past where there is none. */
  readonly holdUntilNs: number;
  /** From when on a suspect that was `stale` can be checked again, ns. */
  readonly readableNs: number;
  /** Something was mounted or unmounted. The order of mounts tells trees apart whose ids the kernel does not print. */
  noteMounts(nowNs: number): void;
  /** DFS paths that lead to a share: other names of it. The same list until they change. */
  dfsPathsOf(share: string): readonly string[];
  /** Everything that is known of trees, if it changed since the last call. */
  takeShares(): readonly KnownTree[] | undefined;
}

/** Requests and operations that began before aod did. */
export interface Inheritance {
  readonly requests: readonly Request[];
  readonly operations: readonly Operation[];
}

/** How the kernel is read. */
export interface CifsReader {
  /** Every thread of the host that waits for an SMB server. Costs a look at each thread. */
  readonly findWaiting: () => readonly Task[];
  /** Undefined for one that is no more. */
  readonly taskOf: (taskId: number) => Task | undefined;
  /** `pending`: the answer comes later. */
  readonly readDebugData: (nowNs: number) => DebugDataResult | "pending";
  readonly waitOf: (taskId: number) => TaskWait;
  readonly blockOf: (taskId: number) => Block | undefined;
  /** The host's mounts of cifs. */
  readonly readMounts: () => readonly Mount[];
  /** Trees of these sessions that requests in the table used. */
  readonly usedTrees: FindUsedTrees;
}

/** Whether a request waits by design because of its share, a pipe's; other commands need no share for that. */
export function isOnIpc(witness: Witness, request: Request, nowNs: number): boolean {
  return mayBlockOnIpc(request.command) && isPipeShare(witness.shareOf(request, nowNs));
}

/** One list for every share: a ledger judges a share's rules again whenever the list is another one. */
const NO_DFS_PATHS: readonly string[] = [];

/** For synthetic traffic, of which cifs knows nothing: an open line is all there is to ask. */
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
