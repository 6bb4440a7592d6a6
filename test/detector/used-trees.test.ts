import { expect, test } from "bun:test";
import { usedTreesOf } from "../../src/detector/used-trees.ts";
import { COMMAND } from "../../src/model/command.ts";
import { type Request, RequestMemory } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable } from "../helpers/request-table.ts";

const find = (requests: readonly Request[], sessions: readonly bigint[], beforeMs = 100) =>
  usedTreesOf(new RequestMemory(aTable(requests)))(new Set(sessions), beforeMs * 1e6)
    .map(({ treeId, endedNs, filesNs, connectedNs }) => [
      treeId,
      ...[endedNs, filesNs, connectedNs].map((ns) => ns / 1e6),
    ])
    .sort(([a = 0], [b = 0]) => a - b);

const at = (startMs: number, treeId: number, command: number, sessionId = 1n) =>
  aRequest({ startMs, treeId, command, sessionId, messageId: BigInt(startMs) });

test("a tree is used for files from the first request that needs one, and the connect before it is found", () => {
  const requests = [
    at(1, 0, COMMAND.SMB2_TREE_CONNECT),
    at(2, 5, COMMAND.SMB2_IOCTL),
    at(3, 0, COMMAND.SMB2_TREE_CONNECT),
    at(4, 7, COMMAND.SMB2_QUERY_INFO),
    at(5, 7, COMMAND.SMB2_CREATE),
    at(6, 0, COMMAND.SMB2_TREE_CONNECT),
    at(7, 9, COMMAND.SMB2_CREATE, 2n),
  ];
  expect(find(requests, [1n])).toEqual([
    [5, -Infinity, Infinity, 6],
    [7, -Infinity, 4, 3],
  ]);
  expect(find(requests, [2n])).toEqual([[9, -Infinity, 7, -Infinity]]);
  expect(find(requests, [])).toEqual([]);
});

test("a disconnected tree counts by its use afterwards", () => {
  const used = [at(1, 5, COMMAND.SMB2_READ), at(2, 5, COMMAND.SMB2_TREE_DISCONNECT)];
  expect(find(used, [1n])).toEqual([[5, 2, Infinity, -Infinity]]);
  expect(find([...used, at(3, 5, COMMAND.SMB2_CREATE)], [1n])).toEqual([[5, 2, 3, -Infinity]]);
});

test("requests that were sent after a reading began do not count for it", () => {
  expect(find([at(5, 7, COMMAND.SMB2_CREATE)], [1n], 5)).toEqual([[7, -Infinity, Infinity, -Infinity]]);
});
