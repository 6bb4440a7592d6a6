import { describe, expect, test } from "bun:test";
import { findOpenRequests } from "../../src/metrics/open-requests.ts";
import { UNKNOWN_SHARE } from "../../src/model/anomaly.ts";
import { COMMAND } from "../../src/model/command.ts";
import { aRequest } from "../helpers/request.ts";
import { aLiveTable } from "../helpers/request-table.ts";

const NOW_NS = 10e9;
const TREES = [
  { sessionId: 7n, treeId: 5, share: "//files/db" },
  { sessionId: 7n, treeId: 1, share: "//files/IPC$" },
];

function open(command: number, treeId: number, startMs: number, messageId: number) {
  return aRequest({
    command,
    treeId,
    sessionId: 7n,
    startMs,
    messageId: BigInt(messageId),
    latencyMs: 0,
    taskId: messageId,
  });
}

describe("open requests", () => {
  test("are counted by share, with the age of the oldest", () => {
    const table = aLiveTable([
      open(COMMAND.SMB2_READ, 5, 4_000, 1),
      open(COMMAND.SMB2_WRITE, 5, 9_000, 2),
      open(COMMAND.SMB2_READ, 99, 8_000, 3),
      aRequest({ sessionId: 7n, treeId: 5, latencyMs: 5, messageId: 4n }),
    ]);
    const { byShare, senders } = findOpenRequests(table, TREES, NOW_NS);
    expect(byShare.toSorted((a, b) => b.inFlight - a.inFlight)).toEqual([
      { share: "//files/db", inFlight: 2, oldestAgeNs: 6e9 },
      { share: UNKNOWN_SHARE, inFlight: 1, oldestAgeNs: 2e9 },
    ]);
    expect([...senders].sort()).toEqual([1, 2, 3]);
  });

  test("that may block indefinitely are not counted, but their senders are known", () => {
    const table = aLiveTable([
      open(COMMAND.SMB2_CHANGE_NOTIFY, 5, 1, 1),
      open(COMMAND.SMB2_LOCK, 5, 1, 2),
      open(COMMAND.SMB2_IOCTL, 1, 1, 3),
      open(COMMAND.SMB2_IOCTL, 5, 5_000, 4),
    ]);
    const { byShare, senders } = findOpenRequests(table, TREES, NOW_NS);
    expect(byShare).toEqual([{ share: "//files/db", inFlight: 1, oldestAgeNs: 5e9 }]);
    expect(senders.size).toBe(4);
  });
});
