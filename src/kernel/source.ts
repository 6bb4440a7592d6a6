// Where requests come from, as the supervisor sees it: the kernel's BPF programs, or an imitation in memory for hosts
// that refuse BPF. Contract only; kernel-source.ts and imitation.ts are the two.

import type { Losses } from "../model/capture.ts";
import type { Request } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import type { KnownTree } from "../model/share.ts";
import type { OperationErrors, Tallies } from "../model/tally.ts";
import type { SourceMemory } from "./mapping.ts";

export interface RequestSource {
  readonly memory: SourceMemory;
  /** Decides from now on which requests go on the ring. */
  applyRules(rules: readonly Rule[]): void;
  /** Everything counted since the source was made, by cause. */
  counters(): Losses;
  /**
   * All replies since the source was made, by share slot and command, and failed ones by status. To be called at least once
   * an hour, so that no count of the kernel wraps unseen.
   */
  tallies(): Tallies;
  /** Operations that failed without a request, by errno. */
  operationErrors(): readonly OperationErrors[];
  /** Kernel memory of the maps. */
  mapBytes(): number;
  /**
   * Has the kernel count the time of its programs, at two clock reads a run.
   * @returns switches it off again; undefined where nothing counts or this process may not.
   */
  countRunTime(): (() => void) | undefined;
  /** What the programs took while that was on, since they were loaded. */
  runTime(): RunTime;
  /** Ends a request that nobody waits for: closes its line, or forgets that it lost one; false where it has ended already. */
  reap(request: Request): boolean;
  /** Frees the line of an operation that nobody is at any more; false where it has ended already. */
  reapOperation(startNs: bigint, taskId: number): boolean;
  /** Counts the replies of each of these trees in its slot from now on, and those of all others in LAST_SLOT. */
  placeTrees(trees: readonly KnownTree[]): void;
  /** Synthetic traffic through the same programs: for `aod demo` and the benchmarks. */
  readonly traffic: Traffic;
  /** Idempotent; only when the detector has closed. */
  close(): void;
}

export interface RunTime {
  readonly requests: number;
  /** Of all programs that requests and operations run. */
  readonly timeNs: number;
}

/** A request as the three request hooks see it. */
export interface Call {
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly command: number;
  readonly messageId: bigint;
}

/** The hooks' events, made by hand in this thread. */
export interface Traffic {
  enter(call: Call): void;
  done(call: Call): void;
  /** @param errno positive. */
  fail(call: Call, ntStatus: number, errno: number): void;
  /** This thread enters cifs for an operation. */
  begin(xid: number): void;
  end(xid: number): void;
}
