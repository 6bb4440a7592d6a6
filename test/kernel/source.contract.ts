// The contract of every source of requests, the kernel's programs and their imitation: both tests run it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { Control } from "../../src/kernel/control.ts";
import { RingReader } from "../../src/kernel/ring.ts";
import type { Call, RequestSource } from "../../src/kernel/source.ts";
import { openOperations, openTable } from "../../src/kernel/table.ts";
import { COMMAND, COMMANDS, type CommandName } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import type { Operation } from "../../src/model/operation.ts";
import { FLAG, GEOMETRY, KIND, OPERATION, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { type Request, stateOf } from "../../src/model/request.ts";
import { type KnownTree, LAST_SLOT } from "../../src/model/share.ts";
import { bucketOf, type Tallies } from "../../src/model/tally.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";

const STATUS_ACCESS_DENIED = 0xc000_0022;
const STATUS_OBJECT_NAME_NOT_FOUND = 0xc000_0034;
const NO_FDS = { wakeFd: -1, ueventFd: -1, mountinfoFd: -1, kernelLogFd: -1 };

let lastMessageId = 1000n;

function aCall(command: CommandName = "SMB2_READ"): Call {
  lastMessageId += 3n;
  return { treeId: 7, sessionId: 0x4c00_0000_0071n, command: COMMAND[command], messageId: lastMessageId };
}

type Counts = Readonly<Record<string, number>>;

function countsOf({ histograms }: Tallies): Counts {
  const entries = histograms.map(({ slot, command, buckets }) => {
    const replies = buckets.reduce((sum, count) => sum + count, 0);
    return [`${slot} ${COMMANDS[command]}`, replies] as const;
  });
  return Object.fromEntries(entries);
}

function statusesOf({ statuses }: Tallies): Counts {
  const entries = statuses.map(
    ({ ntStatus, slot, command, count }) =>
      [`${ntStatus?.toString(16)} ${slot} ${COMMANDS[command]}`, count] as const,
  );
  return Object.fromEntries(entries);
}

function errorsOf({ histograms }: Tallies): number {
  return histograms.reduce((sum, { errors }) => sum + errors, 0);
}

/** What has come since, without what has not. */
function difference(after: Counts, before: Counts): Counts {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count !== 0));
}

function aTree(wanted: Pick<KnownTree, "sessionId" | "treeId" | "slot">): KnownTree {
  return {
    share: "//nas/projects",
    connectionId: 1,
    dialect: 0x311,
    encrypted: false,
    ...wanted,
  };
}

export function describeSource(open: () => RequestSource): void {
  let source: RequestSource;
  let reader: RingReader;
  let drain: () => readonly Request[];

  beforeAll(() => {
    source = open();
    reader = new RingReader({ ...source.memory, ...NO_FDS });
    drain = () => {
      const seen: Request[] = [];
      reader.read((memory, at) => seen.push(memory.read(at)), expect.unreachable);
      reader.commit();
      return seen;
    };
  });
  afterAll(() => source.close());

  const lineOf = (call: Call): Request | undefined => {
    const table = openTable(source.memory);
    for (let at = 0; at < table.byteLength; at += REQUEST_BYTES) {
      const line = table.read(at);
      if (line.startNs !== 0n && line.messageId === call.messageId) return line;
    }
    return undefined;
  };

  test("a request has a line from its enter on, and its reply completes it", () => {
    const call = aCall("SMB2_CREATE");
    source.traffic.enter(call);
    expect(lineOf(call)).toMatchObject({ ...call, latencyNs: 0, processId: process.pid, kind: KIND.REQUEST });
    source.traffic.done(call);
    expect(lineOf(call)).toMatchObject({ ...call, flags: FLAG.REPLIED, errno: 0 });
    expect(lineOf(call)?.latencyNs).toBeGreaterThan(0);
  });

  test("a healthy request puts nothing on the ring", () => {
    source.applyRules([aLatencyRule({ slowMs: 60_000, emergencyMs: 60_000 })]);
    const call = aCall();
    source.traffic.enter(call);
    source.traffic.done(call);
    expect(drain()).toEqual([]);
  });

  test("a request over its command's threshold goes on the ring; with a threshold of zero every request does", () => {
    source.applyRules([aLatencyRule({ slowMs: 0 })]);
    const call = aCall();
    source.traffic.enter(call);
    source.traffic.done(call);
    expect(drain()).toMatchObject([{ ...call, kind: KIND.REQUEST, flags: FLAG.REPLIED }]);
    source.applyRules([]);
  });

  test("an error that a rule counts goes on the ring, an everyday one only if the rule names it", () => {
    const fail = (status: number, errno: number) => {
      const call = aCall("SMB2_CREATE");
      source.traffic.enter(call);
      source.traffic.fail(call, status, errno);
      return drain().map(({ ntStatus }) => ntStatus);
    };
    source.applyRules([anErrorRule()]);
    expect(fail(STATUS_ACCESS_DENIED, ERRNO.EACCES)).toEqual([STATUS_ACCESS_DENIED]);
    expect(fail(STATUS_OBJECT_NAME_NOT_FOUND, ERRNO.ENOENT)).toEqual([]);
    source.applyRules([anErrorRule({ namedErrnos: [ERRNO.ENOENT] })]);
    expect(fail(STATUS_OBJECT_NAME_NOT_FOUND, ERRNO.ENOENT)).toEqual([STATUS_OBJECT_NAME_NOT_FOUND]);
    source.applyRules([]);
    expect(fail(STATUS_ACCESS_DENIED, ERRNO.EACCES)).toEqual([]);
  });

  test("a reply without a request changes nothing but a counter", () => {
    const before = source.counters();
    const call = aCall();
    source.traffic.done(call);
    expect(lineOf(call)).toBeUndefined();
    expect(source.counters()).toEqual({ ...before, unpaired: (before.unpaired ?? 0) + 1 });
  });

  test("every reply counts once in the histogram of its share's slot and its command, at its latency", () => {
    const placed = aCall();
    source.placeTrees([aTree({ sessionId: placed.sessionId, treeId: placed.treeId, slot: 3 })]);
    const before = countsOf(source.tallies());
    const sent = [placed, aCall(), aCall("SMB2_WRITE"), { ...aCall(), treeId: 8 }];
    for (const call of sent) {
      source.traffic.enter(call);
      source.traffic.done(call);
    }
    const { histograms } = source.tallies();
    const grown = difference(countsOf({ histograms, statuses: [] }), before);
    expect(grown).toEqual({ "3 SMB2_READ": 2, "3 SMB2_WRITE": 1, [`${LAST_SLOT} SMB2_READ`]: 1 });
    const write = histograms.find(({ slot, command }) => slot === 3 && command === COMMAND.SMB2_WRITE);
    const latencyNs = lineOf(sent[2] ?? placed)?.latencyNs ?? 0;
    expect(write?.sumNs).toBe(latencyNs);
    expect(write?.buckets[bucketOf(latencyNs)]).toBe(1);
  });

  test("a reply on a tree without a slot any more counts with the shares without a slot", () => {
    const placed = aCall();
    source.placeTrees([aTree({ sessionId: placed.sessionId, treeId: placed.treeId, slot: 3 })]);
    source.placeTrees([]);
    const before = countsOf(source.tallies());
    source.traffic.enter(placed);
    source.traffic.done(placed);
    expect(difference(countsOf(source.tallies()), before)).toEqual({ [`${LAST_SLOT} SMB2_READ`]: 1 });
  });

  test("a failed reply counts by its status, share slot and command", () => {
    const fail = (ntStatus: number, command: CommandName) => {
      const call = aCall(command);
      source.traffic.enter(call);
      source.traffic.fail(call, ntStatus, ERRNO.EACCES);
    };
    source.placeTrees([aTree({ sessionId: aCall().sessionId, treeId: 7, slot: 3 })]);
    const before = source.tallies();
    fail(STATUS_ACCESS_DENIED, "SMB2_CREATE");
    fail(STATUS_ACCESS_DENIED, "SMB2_CREATE");
    fail(STATUS_ACCESS_DENIED, "SMB2_CLOSE");
    fail(STATUS_OBJECT_NAME_NOT_FOUND, "SMB2_CREATE");
    const grown = difference(statusesOf(source.tallies()), statusesOf(before));
    expect(grown).toEqual({
      "c0000022 3 SMB2_CREATE": 2,
      "c0000022 3 SMB2_CLOSE": 1,
      "c0000034 3 SMB2_CREATE": 1,
    });
    expect(errorsOf(source.tallies()) - errorsOf(before)).toBe(4);
  });

  test("statuses that find no room are counted without their names", () => {
    const before = statusesOf(source.tallies());
    for (let i = 0; i < GEOMETRY.TALLIES + 50; i++) {
      const call = aCall("SMB2_FLUSH");
      source.traffic.enter(call);
      source.traffic.fail(call, 0xc100_0000 + i, ERRNO.EIO);
    }
    const after = source.tallies();
    const room = GEOMETRY.TALLIES - Object.keys(before).length;
    const unattributed = after.statuses.filter(({ ntStatus }) => ntStatus === undefined);
    expect(unattributed).toEqual([
      { ntStatus: undefined, slot: 3, command: COMMAND.SMB2_FLUSH, count: GEOMETRY.TALLIES + 50 - room },
    ]);
    const grown = difference(statusesOf(after), before);
    expect(Object.values(grown).reduce((sum, count) => sum + count, 0)).toBe(GEOMETRY.TALLIES + 50);
  });

  test("a reader that sleeps without a deadline is woken once, by a request", () => {
    const control = new Control(source.memory);
    control.setAsleep();
    const calls = [aCall(), aCall()];
    for (const call of calls) source.traffic.enter(call);
    expect(drain().map(({ kind }) => kind)).toEqual([KIND.WAKE]);
    for (const call of calls) source.traffic.done(call);
  });

  test("a request that no task waits for is closed as lost, once", () => {
    const call = aCall("SMB2_CLOSE");
    source.traffic.enter(call);
    const line = lineOf(call);
    expect(line).toBeDefined();
    if (line === undefined) return;
    expect(source.reap(line)).toBe(true);
    expect(source.reap(line)).toBe(false);
    const closed = lineOf(call);
    expect(closed && stateOf(closed)).toBe("lost");
    expect(closed?.flags).toBe(FLAG.REAPED);
  });

  const operations = (): readonly Operation[] => {
    const memory = openOperations(source.memory);
    const lines: Operation[] = [];
    for (let at = 0; at < memory.byteLength; at += OPERATION.BYTES) {
      if (memory.startLow(at) !== 0 || memory.startHigh(at) !== 0) lines.push(memory.read(at));
    }
    return lines;
  };

  test("an operation has a line until it ends, and an operation around it ends by its own exit", () => {
    const before = source.counters();
    source.traffic.begin(7);
    expect(operations()).toMatchObject([{ xid: 7, processId: process.pid }]);
    source.traffic.begin(8);
    source.traffic.end(7);
    expect(operations()).toMatchObject([{ xid: 8, processId: process.pid }]);
    source.traffic.end(8);
    source.traffic.end(8);
    expect(operations()).toEqual([]);
    const count = (name: string) => (source.counters()[name] ?? 0) - (before[name] ?? 0);
    expect([count("operations_entered"), count("operations_overwritten"), count("operations_ended")]).toEqual(
      [2, 0, 2],
    );
  });

  test("the line goes back to the operation around the one that ended, one level deep", () => {
    const before = source.counters();
    source.traffic.begin(11);
    source.traffic.begin(12);
    const [{ startNs: secondNs } = { startNs: 0n }] = operations();
    source.traffic.begin(13);
    source.traffic.end(13);
    expect(operations()).toMatchObject([{ xid: 12, startNs: secondNs }]);
    source.traffic.end(12);
    expect(operations()).toEqual([]);
    const count = (name: string) => (source.counters()[name] ?? 0) - (before[name] ?? 0);
    expect([count("operations_entered"), count("operations_overwritten"), count("operations_ended")]).toEqual(
      [3, 1, 2],
    );
  });

  test("a reply to SMB2_CLOSE ends no operation that has sent another request", () => {
    source.traffic.begin(14);
    source.traffic.enter(aCall("SMB2_CREATE"));
    source.traffic.done(aCall("SMB2_CREATE"));
    source.traffic.done(aCall("SMB2_CLOSE"));
    expect(operations()).toMatchObject([{ xid: 14 }]);
    source.traffic.end(14);
    expect(operations()).toEqual([]);
  });

  test.each(["SMB2_CLOSE", "SMB2_TREE_DISCONNECT", "SMB2_LOGOFF"] as const)(
    "a reply to %s ends what its task is at, a reply to another command does not",
    (command) => {
      source.traffic.begin(9);
      source.traffic.done(aCall("SMB2_CREATE"));
      expect(operations()).toHaveLength(1);
      source.traffic.done(aCall(command));
      expect(operations()).toEqual([]);
    },
  );

  test("an operation that its task has abandoned is freed once, by its start and its task", () => {
    source.traffic.begin(10);
    const [operation] = operations();
    expect(operation).toBeDefined();
    if (operation === undefined) return;
    const { startNs, taskId } = operation;
    expect(source.reapOperation(startNs + 1n, taskId)).toBe(false);
    expect(source.reapOperation(startNs, taskId + 1)).toBe(false);
    expect(operations()).toHaveLength(1);
    expect(source.reapOperation(startNs, taskId)).toBe(true);
    expect(source.reapOperation(startNs, taskId)).toBe(false);
    expect(operations()).toEqual([]);
  });

  test("a reader that sleeps without a deadline is woken by an operation as well", () => {
    new Control(source.memory).setAsleep();
    source.traffic.begin(11);
    source.traffic.begin(12);
    source.traffic.end(12);
    expect(drain().map(({ kind }) => kind)).toEqual([KIND.WAKE]);
  });

  test("a reader that dies before it commits leaves every record to the next reader", () => {
    source.applyRules([aLatencyRule({ slowMs: 0 })]);
    const calls = [aCall(), aCall(), aCall()];
    for (const call of calls) {
      source.traffic.enter(call);
      source.traffic.done(call);
    }
    const dying = new RingReader({ ...source.memory, ...NO_FDS });
    expect(dying.read(() => undefined, expect.unreachable)).toBe(3);
    reader = new RingReader({ ...source.memory, ...NO_FDS });
    expect(drain().map(({ messageId }) => messageId)).toEqual(calls.map(({ messageId }) => messageId));
  });

  test("the ring wraps many times without losing or changing a record", () => {
    source.applyRules([aLatencyRule({ slowMs: 0 })]);
    const before = source.counters();
    for (let round = 0; round < 10; round++) {
      const sent: bigint[] = [];
      for (let i = 0; i < 5_000; i++) {
        const call = aCall();
        source.traffic.enter(call);
        source.traffic.done(call);
        sent.push(call.messageId);
      }
      expect(drain().map(({ messageId }) => messageId)).toEqual(sent);
    }
    expect(source.counters().ring_full).toBe(before.ring_full ?? 0);
  });

  test("a full ring counts the records that it drops, and takes records again once it is emptied", () => {
    const before = source.counters().ring_full ?? 0;
    const sent = 20_000;
    for (let i = 0; i < sent; i++) {
      const call = aCall();
      source.traffic.enter(call);
      source.traffic.done(call);
    }
    const lost = (source.counters().ring_full ?? 0) - before;
    expect(lost).toBeGreaterThan(0);
    expect(drain().length + lost).toBe(sent);
    const call = aCall();
    source.traffic.enter(call);
    source.traffic.done(call);
    expect(drain()).toHaveLength(1);
    source.applyRules([]);
  });
}
