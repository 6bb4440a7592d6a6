// A snapshot of what the programs see on this host, for status and live figures. It reads /proc of tasks that seem to
// wait, and names of processes that are shown. It stores nothing, and runs on demand only.

import { isKernelThread, isWaitingInCifs, readProcessName } from "../cifs/proc.ts";
import { nameSender } from "../cifs/process.ts";
import { findHangs, type Hang } from "../live/hanging.ts";
import { type LiveSnapshot, takeSnapshot } from "../live/snapshot.ts";
import type { FrozenMemory } from "../model/capture.ts";
import { OperationMemory } from "../model/operation.ts";
import { RequestMemory } from "../model/request.ts";
import type { KnownTree } from "../model/share.ts";
import { monotonicNs } from "../system/clock.ts";

export interface LiveMemory {
  readonly table: RequestMemory;
  readonly operations: OperationMemory;
  readonly trees: readonly KnownTree[];
  /** Since when no request is missing, ns of CLOCK_MONOTONIC; undefined while aod is not attached. */
  readonly watchingSinceNs: number | undefined;
}

export function takeSnapshotOnHost(memory: LiveMemory, nowNs = monotonicNs()): LiveSnapshot {
  return takeSnapshot({
    ...memory,
    nowNs,
    isWaiting: isWaitingInCifs,
    hasEnded: (processId) => readProcessName(processId) === undefined,
    nameProcess: (processId, comm, command) =>
      nameSender(readProcessName(processId) ?? comm, command, () => isKernelThread(processId)),
  });
}

/** What hangs in a frozen table. @param nowNs when it was frozen, ns of CLOCK_MONOTONIC. */
export function findHangsOnHost(
  frozen: FrozenMemory,
  nowNs: number,
  trees: readonly KnownTree[],
): readonly Hang[] {
  const table = new RequestMemory(frozen.table);
  const operations = new OperationMemory(frozen.operations);
  const snapshot = takeSnapshotOnHost({ table, operations, trees, watchingSinceNs: undefined }, nowNs);
  return findHangs(snapshot, table, (taskId) => readProcessName(taskId) !== undefined);
}
