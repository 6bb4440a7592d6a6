// Operations that fail without a request (bpf/failure.h): which of them become a record on the ring.

import { expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { GEOMETRY, KIND } from "../../src/model/request.gen.ts";
import type { Operation } from "./driver.ts";
import { CIFSD, CREATE, describeBuilds, enter, err, NEVER, READ } from "./script.ts";

const EVERY_ERRNO = [~0n, ~0n, ~0n, ~0n].map((word) => BigInt.asUintN(64, word));
const track = (errnoMask: readonly bigint[]): Operation => ({
  verb: "filter",
  command: GEOMETRY.COMMANDS,
  slowNs: NEVER,
  errnoMask,
});
const quietRequests: readonly Operation[] = Array.from({ length: GEOMETRY.COMMANDS }, (_, command) => ({
  verb: "filter",
  command,
  slowNs: NEVER,
  errnoMask: [0n, 0n, 0n, 0n],
}));
const ready = [...quietRequests, track(EVERY_ERRNO)];
const begin = (thread: number, xid: number): Operation => ({ verb: "begin", thread, xid });
const fail = (thread: number, xid: number, rc: number): Operation => ({ verb: "fail", thread, xid, rc });
const STEP = { ntStatus: 0xc0000016, rc: -5 };

describeBuilds("an operation that fails without a request", (play) => {
  test("is on the ring with its task, its xid, its errno and its length", async () => {
    const { records, tasks, processId, counters, results } = await play([
      { verb: "name", thread: 0, comm: "backup-of-all" },
      ...ready,
      begin(0, 7),
      fail(0, 7, -ERRNO.EHOSTDOWN),
    ]);
    expect(records).toMatchObject([
      {
        kind: KIND.OPERATION,
        errno: ERRNO.EHOSTDOWN,
        messageId: 7n,
        sessionId: 0n,
        taskId: tasks.get(0) ?? -1,
        processId,
        comm: "backup-of-a",
      },
    ]);
    const [begun, failed] = results.slice(-3);
    const mostNs = Number((failed?.afterNs ?? 0n) - (begun?.beforeNs ?? 0n));
    expect(records[0]?.latencyNs).toBeGreaterThan(0);
    expect(records[0]?.latencyNs).toBeLessThanOrEqual(mostNs);
    expect(counters).toMatchObject({ operations_failed: 1, operations_ended: 1 });
  });

  test("is not on the ring where a reply to the same task failed since it began: that reply counts", async () => {
    const { records, counters } = await play([
      ...ready,
      begin(0, 7),
      enter(0, 1, CREATE, 3n),
      err(0, CREATE, 3n),
      fail(0, 7, -ERRNO.EACCES),
    ]);
    expect(records).toEqual([]);
    expect(counters).toMatchObject({ operations_failed: 0, operations_ended: 1 });
  });

  test.each<readonly [string, readonly Operation[]]>([
    ["before it began", [enter(0, 1, CREATE, 3n), err(0, CREATE, 3n), begin(0, 7)]],
    ["to another task", [begin(0, 7), enter(1, 1, CREATE, 3n), err(1, CREATE, 3n)]],
    ["of a READ that cifsd reported", [begin(0, 7), enter(0, 1, READ, 3n), err(CIFSD, READ, 3n)]],
    ["as a step of the session setup", [begin(0, 7), enter(0, 1, 1, 3n), err(0, 1, 3n, STEP)]],
  ])("is on the ring where a reply failed %s", async (_, before) => {
    const { records } = await play([...ready, ...before, fail(0, 7, -ERRNO.ENOKEY)]);
    expect(records).toMatchObject([{ kind: KIND.OPERATION, errno: ERRNO.ENOKEY }]);
  });

  test("is on the ring once where an operation inside of another one fails, and that one with it", async () => {
    const { records, counters } = await play([
      ...ready,
      begin(0, 7),
      begin(0, 8),
      fail(0, 8, -ERRNO.EHOSTDOWN),
      fail(0, 7, -ERRNO.EHOSTDOWN),
    ]);
    expect(records).toMatchObject([{ messageId: 8n, errno: ERRNO.EHOSTDOWN }]);
    expect(counters).toMatchObject({ operations_failed: 1, operations_ended: 2 });
  });

  test("is not on the ring where another task ends it", async () => {
    const { records, counters } = await play([...ready, begin(0, 7), fail(1, 7, -ERRNO.EIO)]);
    expect(records).toEqual([]);
    expect(counters).toMatchObject({ operations_failed: 0, operations_ended: 1 });
  });

  test("is not on the ring where the line is another operation's", async () => {
    const { records } = await play([...ready, begin(0, 7), begin(0, 8), fail(0, 7, -ERRNO.EIO)]);
    expect(records).toEqual([]);
  });

  test("is counted and not on the ring where no rule tracks its errno", async () => {
    const onlyHostDown = [0n, 1n << BigInt(ERRNO.EHOSTDOWN - 64), 0n, 0n];
    const { records, counters } = await play([
      track(onlyHostDown),
      begin(0, 7),
      fail(0, 7, -ERRNO.ENOTTY),
      begin(0, 8),
      fail(0, 8, -ERRNO.EHOSTDOWN),
    ]);
    expect(records.filter(({ kind }) => kind === KIND.OPERATION)).toMatchObject([{ errno: ERRNO.EHOSTDOWN }]);
    expect(counters).toMatchObject({ operations_failed: 2 });
  });

  test("has errno 255 where the kernel's own number is larger", async () => {
    const { records } = await play([...ready, begin(0, 7), fail(0, 7, -512)]);
    expect(records).toMatchObject([{ errno: 255 }]);
  });

  test("is not on the ring before user space has written its filter", async () => {
    const { records } = await play([...quietRequests, begin(0, 7), fail(0, 7, -ERRNO.EHOSTDOWN)]);
    expect(records).toEqual([]);
  });
});
