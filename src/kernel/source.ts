// The source of requests, as the supervisor sees it: the kernel's BPF programs, or an imitation in memory for hosts
// that refuse BPF. Only the contract; kernel-source.ts and imitation.ts implement it.

import type { Losses } from "../model/capture.ts";
import type { Request } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import type { KnownTree } from "../model/share.ts";
import type { OperationErrors, Tallies } from "../model/tally.ts";
import type { SourceMemory } from "./mapping.ts";

export interface RequestSource {
  readonly memory: SourceMemory;
  /** Sets which requests go on the ring from now on. */
  applyRules(rules: readonly Rule[]): void;
  /** All counters since the source was made, by cause. */
  counters(): Losses;
  /**
   * All replies since the source was made, by share slot and command, and the failed ones by status. To be called at
   * least once an hour, so that no count of the kernel wraps unnoticed.
   */
  tallies(): Tallies;
  /** Operations that failed without a request, by errno. */
  operationErrors(): readonly OperationErrors[];
  /** Kernel memory of the maps, in bytes. */
  mapBytes(): number;
  /**
   * Makes the kernel count the time of its programs, at two clock reads a run.
   * @returns switches it off again; undefined if nothing counts or this process lacks the permission.
   */
  countRunTime(): (() => void) | undefined;
  /** The time that the programs took while counting was on, since they were loaded. */
  runTime(): RunTime;
  /**
   * Ends a request that no task waits for: closes its line, or removes its ghost. Returns false if it had ended before.
   */
  reap(request: Request): boolean;
  /** Frees the line of an operation that its task has abandoned. Returns false if it had ended before. */
  reapOperation(startNs: bigint, taskId: number): boolean;
  /** From now on counts the replies of each of these trees in its slot, and those of all other trees in LAST_SLOT. */
  placeTrees(trees: readonly KnownTree[]): void;
  /** Synthetic traffic through the same programs: for `aod demo` and the benchmarks. */
  readonly traffic: Traffic;
  /** Idempotent. To be called only after the detector has closed. */
  close(): void;
}

export interface RunTime {
  readonly requests: number;
  /** Of all programs that run for requests and operations. */
  readonly timeNs: number;
}

/** A request as the three hooks of requests see it. */
export interface Call {
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly command: number;
  readonly messageId: bigint;
}

/** The events of the hooks, made by hand in this thread. */
export interface Traffic {
  enter(call: Call): void;
  done(call: Call): void;
  /** @param errno positive. */
  fail(call: Call, ntStatus: number, errno: number): void;
  /** This thread enters cifs for an operation. */
  begin(xid: number): void;
  end(xid: number): void;
}
