// The pairing rules of bpf/enter.h and bpf/reply.h, each by an example: what a person would say of it, and the hooks
// that show it. pairing-random.test.ts has the same rules on random traffic.

import { expect, test } from "bun:test";
import { COMMAND } from "../../src/model/command.ts";
import { FLAG, KIND } from "../../src/model/request.gen.ts";
import type { Operation } from "./driver.ts";
import {
  CIFSD,
  CLOSE,
  CREATE,
  DENIED,
  describeBuilds,
  done,
  enter,
  err,
  FAILED,
  filter,
  NEVER,
  NOT_FOUND,
  READ,
  REPLIED,
  SESSION,
  silence,
  WRITE,
} from "./script.ts";

describeBuilds("pairing", (play) => {
  test("a synchronous request is answered in the task that sent it", async () => {
    const { line, counters, results } = await play([enter(0, 1, CREATE, 7n), done(0, CREATE, 7n)]);
    const { startNs = 0n, latencyNs = 0, flags } = line(1) ?? {};
    expect(flags).toBe(REPLIED);
    expect(counters).toMatchObject({ entered: 1, replied: 1, unpaired: 0 });
    expect(startNs).toBeGreaterThanOrEqual(results[0]?.beforeNs ?? 0n);
    expect(startNs).toBeLessThanOrEqual(results[0]?.afterNs ?? 0n);
    expect(startNs + BigInt(latencyNs)).toBeGreaterThanOrEqual(results[1]?.beforeNs ?? 0n);
    expect(startNs + BigInt(latencyNs)).toBeLessThanOrEqual(results[1]?.afterNs ?? 0n);
  });

  test("a reply in another task belongs to another request, even if all other fields agree", async () => {
    const { line, counters } = await play([enter(0, 1, CREATE, 7n), done(1, CREATE, 7n)]);
    expect(line(1)).toMatchObject({ latencyNs: 0, flags: 0 });
    expect(counters).toMatchObject({ replied: 0, unpaired: 1 });
  });

  test("two tasks with the same message id on two connections each get their own reply", async () => {
    const { line } = await play([
      enter(0, 1, CREATE, 7n),
      enter(1, 2, CREATE, 7n),
      err(1, CREATE, 7n),
      done(0, CREATE, 7n),
    ]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([REPLIED, FAILED]);
  });

  test.each([
    ["READ", READ],
    ["WRITE", WRITE],
  ] as const)("a %s is answered by cifsd, by its session", async (_, command) => {
    const { line, counters } = await play([
      enter(0, 1, command, 7n),
      enter(0, 2, command, 7n, SESSION + 4n),
      done(CIFSD, command, 7n, SESSION + 4n),
    ]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([0, REPLIED]);
    expect(counters).toMatchObject({ replied: 1, ambiguous: 0 });
  });

  test("a READ of another session is another request, even if both are in one set", async () => {
    const begin = (session: bigint) => BigInt.asUintN(64, session * 0x9e3779b97f4a7c15n) >> 50n;
    let other = SESSION + 4n;
    while (begin(other) !== begin(SESSION)) other += 4n;
    const { line } = await play([
      enter(0, 1, READ, 7n),
      enter(0, 2, READ, 7n, other),
      done(CIFSD, READ, 7n, other),
      done(CIFSD, READ, 8n),
    ]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([0, REPLIED]);
  });

  test("READs of one session with the same message id on two channels are ambiguous, and only counted", async () => {
    const { line, counters, records, histograms } = await play([
      enter(0, 1, READ, 7n),
      enter(1, 2, READ, 7n),
      enter(1, 3, WRITE, 7n),
      done(CIFSD, READ, 7n),
      done(CIFSD, READ, 7n),
      done(CIFSD, WRITE, 7n),
    ]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([REPLIED | FLAG.AMBIGUOUS, REPLIED | FLAG.AMBIGUOUS]);
    expect(line(3)?.flags).toBe(REPLIED);
    expect(counters).toMatchObject({ entered: 3, ambiguous: 2, replied: 1 });
    expect(records.map(({ treeId }) => treeId)).toEqual([3]);
    expect(histograms.map(({ command }) => command)).toEqual([WRITE]);
  });

  test("ambiguous requests are marked while they are in flight", async () => {
    const { line } = await play([enter(0, 1, READ, 7n), enter(0, 2, READ, 7n)]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([FLAG.AMBIGUOUS, FLAG.AMBIGUOUS]);
  });

  test("an ambiguous request stays ambiguous when the other is answered", async () => {
    const { line, counters } = await play([
      enter(0, 1, READ, 7n),
      enter(1, 2, READ, 7n),
      done(CIFSD, READ, 7n),
      enter(0, 3, READ, 8n),
      done(CIFSD, READ, 7n),
    ]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([REPLIED | FLAG.AMBIGUOUS, REPLIED | FLAG.AMBIGUOUS]);
    expect(counters).toMatchObject({ ambiguous: 2, replied: 0 });
  });

  test("a synchronous READ is paired with the task that reports its reply", async () => {
    const { line } = await play([enter(0, 1, READ, 7n), enter(1, 2, READ, 7n), done(1, READ, 7n)]);
    expect([line(1)?.latencyNs, line(2)?.flags]).toEqual([0, REPLIED | FLAG.AMBIGUOUS]);
  });

  test("an ECHO is counted and not stored, because no event reports its reply", async () => {
    const { lines, counters } = await play([enter(0, 1, COMMAND.SMB2_ECHO, 7n, 0n)]);
    expect(lines).toEqual([]);
    expect(counters).toMatchObject({ echoed: 1, entered: 0 });
  });

  test("a command that MS-SMB2 does not know is counted as a loss", async () => {
    const { lines, counters } = await play([enter(0, 1, 20, 7n), enter(0, 2, 0xffff, 8n)]);
    expect(lines).toEqual([]);
    expect(counters).toMatchObject({ unknown_command: 2, entered: 0 });
  });

  test("a reply that is reported twice changes nothing the second time", async () => {
    const { line, counters, records } = await play([
      ...silence,
      filter(CREATE, NEVER, [13, 2]),
      enter(0, 1, CREATE, 7n),
      err(0, CREATE, 7n, DENIED),
      err(0, CREATE, 7n, NOT_FOUND),
      done(0, CREATE, 7n),
    ]);
    expect(line(1)).toMatchObject({ flags: FAILED, ntStatus: DENIED.ntStatus, errno: 13 });
    expect(counters).toMatchObject({ replied: 1, unpaired: 2 });
    expect(records).toHaveLength(1);
  });

  test("a reply to a request from before the attach is counted and changes nothing", async () => {
    const { lines, counters, histograms } = await play([err(0, CREATE, 7n), done(CIFSD, READ, 8n)]);
    expect(lines).toEqual([]);
    expect(histograms).toEqual([]);
    expect(counters.unpaired).toBe(2);
  });

  test("the parts of a compound behind a failed part are closed with it", async () => {
    const { line, counters } = await play([
      enter(0, 1, CREATE, 7n),
      enter(0, 2, COMMAND.SMB2_QUERY_INFO, 8n),
      enter(0, 3, COMMAND.SMB2_SET_INFO, 9n),
      enter(0, 4, CLOSE, 10n),
      enter(1, 5, CLOSE, 10n),
      enter(0, 6, CLOSE, 12n),
      done(0, CREATE, 7n),
      err(0, COMMAND.SMB2_QUERY_INFO, 8n, NOT_FOUND),
      err(0, COMMAND.SMB2_SET_INFO, 9n),
    ]);
    const flags = [1, 2, 3, 4, 5, 6].map((number) => line(number)?.flags);
    expect(flags).toEqual([REPLIED, FAILED, FLAG.TAIL, FLAG.TAIL, 0, 0]);
    expect(line(3)).toMatchObject({ ntStatus: 0, errno: 0 });
    expect(line(3)?.latencyNs).toBeGreaterThan(0);
    expect(counters).toMatchObject({ replied: 2, tail_closed: 2, unpaired: 1 });
  });

  test("a compound has ten parts at most", async () => {
    const parts = Array.from({ length: 12 }, (_, i) => enter(0, i + 1, CLOSE, 7n + BigInt(i)));
    const { counters, line } = await play([...parts, err(0, CLOSE, 7n)]);
    expect(counters.tail_closed).toBe(9);
    expect([line(10)?.flags, line(11)?.flags]).toEqual([FLAG.TAIL, 0]);
  });

  test("lines that an earlier connection of the task left behind a failed part are closed with the tail", async () => {
    const { line } = await play([
      enter(0, 1, CREATE, 8n),
      enter(0, 2, CREATE, 7n),
      enter(0, 3, CLOSE, 8n),
      err(0, CREATE, 7n),
    ]);
    expect([1, 2, 3].map((number) => line(number)?.flags)).toEqual([FLAG.TAIL, FAILED, FLAG.TAIL]);
  });

  test("a failed READ has no tail, nor is a READ one", async () => {
    const { counters } = await play([
      enter(0, 1, READ, 7n),
      enter(0, 2, CLOSE, 8n),
      enter(0, 3, CREATE, 20n),
      enter(0, 4, READ, 21n),
      err(CIFSD, READ, 7n),
      err(0, CREATE, 20n),
    ]);
    expect(counters).toMatchObject({ replied: 2, tail_closed: 0 });
  });

  test("an error that cifs ignores ends no compound", async () => {
    const { line } = await play([
      enter(0, 1, CREATE, 7n),
      enter(0, 2, CLOSE, 8n),
      err(0, CREATE, 7n, { ntStatus: 0x103, rc: 0 }),
    ]);
    expect(line(1)).toMatchObject({ flags: FAILED, errno: 0, ntStatus: 0x103 });
    expect(line(2)?.flags).toBe(0);
  });

  test("a task that sends the same again no longer waits for the first", async () => {
    const { line, counters } = await play([
      enter(0, 1, CREATE, 7n),
      enter(0, 2, CREATE, 7n, SESSION + 4n),
      done(0, CREATE, 7n, SESSION + 4n),
    ]);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([FLAG.SUPERSEDED, REPLIED]);
    expect(line(1)?.latencyNs).toBeGreaterThan(0);
    expect(counters).toMatchObject({ superseded: 1, replied: 1 });
  });

  test("the answer to a session setup has another session id", async () => {
    const { line } = await play([
      enter(0, 1, COMMAND.SMB2_SESSION_SETUP, 1n, 0n),
      err(0, COMMAND.SMB2_SESSION_SETUP, 1n, { ntStatus: 0xc0000016, rc: -5 }),
    ]);
    expect(line(1)).toMatchObject({ sessionId: 0n, flags: FAILED, ntStatus: 0xc0000016, errno: 5 });
  });

  test("the tree id of a reply is ignored", async () => {
    const reply = { ...done(CIFSD, READ, 7n), treeId: 99 } as Operation;
    const { line } = await play([enter(0, 5, READ, 7n), reply]);
    expect(line(5)?.flags).toBe(REPLIED);
  });

  test("a line names the task that sent its request, whichever task reports the reply", async () => {
    const { line, tasks, processId } = await play([
      { verb: "name", thread: 0, comm: "postgres-writer" },
      enter(0, 1, READ, 0xffff_ffff_ffff_fff0n, 0xffff_ffff_ffff_fffen),
      done(CIFSD, READ, 0xffff_ffff_ffff_fff0n, 0xffff_ffff_ffff_fffen),
    ]);
    expect(line(1)).toMatchObject({
      taskId: tasks.get(0) ?? -1,
      processId,
      sessionId: 0xffff_ffff_ffff_fffen,
      messageId: 0xffff_ffff_ffff_fff0n,
      command: READ,
      kind: KIND.REQUEST,
      comm: "postgres-wr",
    });
  });

  test("an errno that does not fit is stored as the largest one", async () => {
    const { line } = await play([enter(0, 1, CREATE, 7n), err(0, CREATE, 7n, { ntStatus: 1, rc: -512 })]);
    expect(line(1)?.errno).toBe(255);
  });
});
