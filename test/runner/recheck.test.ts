import { describe, expect, test } from "bun:test";
import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { RequestMemory } from "../../src/model/request.ts";
import { recheckRequests } from "../../src/runner/recheck.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable, BEING_WRITTEN } from "../helpers/request-table.ts";

const NOW_MS = 100_000;

/** DebugData as 6.12 writes it. @param mids message ids of task 4242 without a reply. */
function debugData(mids: readonly bigint[], channels = ""): string {
  return `Servers: 
1) ConnectionId: 0x1 Hostname: files
Number of credits: 300,1,1 Dialect 0x311
TCP status: 1 Instance: 1
	Sessions: 
	1) Address: 127.0.0.1 Uses: 1 Capability: 0x300047	Session Status: 1 
	Security type: RawNTLMSSP  SessionId: 0x1122334455667788
${channels}	MIDs: 
${mids.map((mid) => `		State: 2 com: 8 pid: 4242 cbdata: 00000000 mid ${mid}\n`).join("")}`;
}

const inFlight = (messageId: bigint, ageMs: number, parts: Parameters<typeof aRequest>[0] = {}) =>
  aRequest({ messageId, latencyMs: 0, startMs: NOW_MS - ageMs, ...parts });

function look(
  list: string,
  requests: readonly ReturnType<typeof aRequest>[],
  wchan: string | undefined = "0",
) {
  const asked: number[] = [];
  const live = new RequestMemory(aTable(requests));
  const found = recheckRequests(parseDebugData(list), live, NOW_MS * 1e6, (taskId) => {
    asked.push(taskId);
    return wchan === "gone" ? undefined : wchan;
  });
  return { asked, awaited: found?.awaited.length, untaken: found?.untaken.length, found };
}

describe("the recheck", () => {
  test("distinguishes requests without a reply from requests whose task gets no CPU to take it", () => {
    const requests = [inFlight(1n, 500), inFlight(2n, 500), inFlight(3n, 20)];
    expect(look(debugData([1n]), requests)).toMatchObject({ awaited: 1, untaken: 2 });
  });

  test.each([
    ["waits for a reply: it sent its request after the list was read", "wait_for_response"],
    ["waits for I/O that others do for it", "netfs_unbuffered_read_iter_locked"],
    ["waits for something else", "futex_wait_queue"],
    ["sleeps, and nothing says where", "(S)"],
    ["has ended", "gone"],
  ] as const)("does not count a reply as untaken if its task %s", (_, wchan) => {
    expect(look(debugData([1n]), [inFlight(1n, 500), inFlight(2n, 500)], wchan)).toMatchObject({
      awaited: 1,
      untaken: 0,
    });
  });

  test("skips lines that are complete, young, empty or being written", () => {
    const requests = [
      aRequest({ messageId: 1n, latencyMs: 300, startMs: NOW_MS - 400 }),
      inFlight(2n, 2),
      inFlight(3n, 50),
      inFlight(4n, 500, { startNs: BEING_WRITTEN }),
    ];
    expect(look(debugData([3n]), requests)).toMatchObject({ awaited: 0, untaken: 0, asked: [] });
  });

  test("has the session, tree and command of each request", () => {
    const { found } = look(debugData([]), [inFlight(1n, 500, { sessionId: 7n, treeId: 9, command: 5 })]);
    expect(found?.untaken).toEqual([{ sessionId: 7n, treeId: 9, command: 5, ageMs: 500 }]);
  });

  test("is undefined if the kernel's list may be incomplete", () => {
    const requests = [inFlight(1n, 500)];
    expect(look("", requests).found).toBeUndefined();
    const channels = "\tExtra Channels: 1\n\n\t\tChannel: 2 ConnectionId: 0x4\n";
    expect(look(debugData([1n], channels), requests).found).toBeUndefined();
  });

  test("reads few tasks in /proc, each once", () => {
    const requests = Array.from({ length: 500 }, (_, n) =>
      inFlight(BigInt(n), 500, { taskId: 1000 + (n % 100) }),
    );
    const { asked } = look(debugData([]), requests);
    expect(asked).toHaveLength(64);
    expect(new Set(asked).size).toBe(64);
  });
});
