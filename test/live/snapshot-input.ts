// The input of a snapshot for the tests of this room: requests in a table, a time and names.

import type { SnapshotInput } from "../../src/live/snapshot.ts";
import type { Operation } from "../../src/model/operation.ts";
import { OperationMemory } from "../../src/model/operation.ts";
import { type Request, RequestMemory } from "../../src/model/request.ts";
import { aFrozen } from "../helpers/request-table.ts";

export const NOW_NS = 1000e9;
export const SESSION = 0x1122_3344_5566_7788n;

export function aSnapshotInput(
  requests: readonly Request[] = [],
  parts: Partial<SnapshotInput> & { readonly begun?: readonly Operation[] } = {},
): SnapshotInput {
  const { begun = [], ...others } = parts;
  const { table, operations } = aFrozen(requests, begun);
  return {
    table: new RequestMemory(table),
    operations: new OperationMemory(operations),
    nowNs: NOW_NS,
    watchingSinceNs: 0,
    trees: [{ sessionId: SESSION, treeId: 5, share: "//nas/projects" }],
    isWaiting: () => true,
    hasEnded: () => false,
    nameProcess: (_, comm) => comm,
    ...others,
  };
}
