// Operations of tasks inside cifs (bpf/operation.h): which line an operation gets, and everything that ends it.

import { expect, test } from "bun:test";
import { COMMAND } from "../../src/model/command.ts";
import { KIND } from "../../src/model/request.gen.ts";
import type { Operation } from "./driver.ts";
import { CIFSD, CLOSE, CREATE, describeBuilds, done, enter, err, type Outcome, READ } from "./script.ts";

/** As many entries has the index from xid to line: XIDS, bpf/operation.h. */
const XIDS = 4096;
/** Threads whose operations are all in one set of four lines. */
const CROWD = [0, 30, 31, 32, 33, 34] as const;

const begin = (thread: number, xid: number): Operation => ({ verb: "begin", thread, xid });
const end = (thread: number, xid: number): Operation => ({ verb: "end", thread, xid });
const forget = (begun: number, beginner: number): Operation => ({
  verb: "forget",
  thread: 1,
  begun,
  beginner,
});
const gather = CROWD.map((thread): Operation => ({ verb: "crowd", thread }));

const create = enter(0, 1, CREATE, 5n);
const close = enter(0, 2, CLOSE, 6n);

/** By thread, the xid of what it is at. */
function standing({ pending, tasks }: Outcome): ReadonlyMap<number, number> {
  const threads = new Map([...tasks].map(([thread, task]) => [task, thread]));
  return new Map(pending.map(({ taskId, xid }) => [threads.get(taskId) ?? -1, xid]));
}

describeBuilds("operations", (play) => {
  test("have a line from their enter on, with the task and the time", async () => {
    const { pending, results, tasks, processId, lines, counters } = await play([
      { verb: "name", thread: 0, comm: "backup-of-all" },
      begin(0, 7),
    ]);
    expect(pending).toMatchObject([{ xid: 7, taskId: tasks.get(0) ?? -1, processId, comm: "backup-of-a" }]);
    const [, entered] = results;
    expect(pending[0]?.startNs).toBeGreaterThanOrEqual(entered?.beforeNs ?? 0n);
    expect(pending[0]?.startNs).toBeLessThanOrEqual(entered?.afterNs ?? 0n);
    expect(lines).toEqual([]);
    expect(counters).toMatchObject({ operations_entered: 1, operations_ended: 0 });
  });

  test.each<readonly [string, Operation]>([
    ["done", end(0, 7)],
    ["with an error", { verb: "fail", thread: 0, xid: 7, rc: -13 }],
    ["done, reported by another task", end(1, 7)],
    ["with an error, reported by another task", { verb: "fail", thread: 1, xid: 7, rc: -11 }],
  ])("end by their exit, %s", async (_, exit) => {
    const outcome = await play([begin(2, 9), begin(0, 7), exit, exit]);
    expect(standing(outcome)).toEqual(new Map([[2, 9]]));
    expect(outcome.results.slice(2, 4).map(({ returned }) => returned)).toEqual([1, 0]);
    expect(outcome.counters).toMatchObject({ operations_entered: 2, operations_ended: 1 });
  });

  test("with the last possible xid end too", async () => {
    const outcome = await play([begin(0, 0xffff_ffff), begin(1, 0), end(2, 0xffff_ffff), end(2, 0)]);
    expect(standing(outcome)).toEqual(new Map());
  });

  test("that never end make room for the task's next ones", async () => {
    const outcome = await play([begin(0, 7), begin(0, 8), begin(0, 9), end(0, 7), end(1, 7)]);
    expect(standing(outcome)).toEqual(new Map([[0, 9]]));
    expect(outcome.counters).toMatchObject({
      operations_entered: 3,
      operations_overwritten: 1,
      operations_ended: 0,
      operations_displaced: 0,
    });
  });

  test("get their line back, with their start, when an operation inside them has ended", async () => {
    for (const inner of [[end(0, 8)], [close, done(0, CLOSE, 6n)]]) {
      const before = await play([begin(0, 7)]);
      const outcome = await play([begin(0, 7), begin(0, 8), ...inner]);
      const [, began] = outcome.results;
      expect(outcome.pending).toMatchObject([{ xid: 7, comm: before.pending[0]?.comm }]);
      expect(outcome.pending[0]?.startNs).toBeLessThan(began?.beforeNs ?? 0n);
      const ended = await play([begin(0, 7), begin(0, 8), ...inner, end(0, 7)]);
      expect(standing(ended)).toEqual(new Map());
      expect(ended.counters).toMatchObject({ operations_ended: 2, operations_overwritten: 0 });
    }
  });

  test("wake a sleeping reader when they get their line back", async () => {
    const { records } = await play([begin(0, 7), begin(0, 8), { verb: "asleep", value: 1 }, end(0, 8)]);
    expect(records.map(({ kind }) => kind)).toEqual([KIND.WAKE]);
  });

  test.each([0, 1])(
    "that ended while an operation inside of them went on, in task %d, do not come back",
    async (task) => {
      const outcome = await play([begin(0, 7), begin(0, 8), end(task, 7), end(task, 7), end(0, 8)]);
      expect(outcome.results.slice(2, 4).map(({ returned }) => returned)).toEqual([1, 0]);
      expect(standing(outcome)).toEqual(new Map());
      expect(outcome.counters).toMatchObject({ operations_ended: 2, operations_overwritten: 0 });
    },
  );

  test("do not come back if another task ends the operation inside them, or user space reaps it", async () => {
    const byOther = await play([begin(0, 7), begin(0, 8), end(1, 8)]);
    expect(standing(byOther)).toEqual(new Map());
    expect(byOther.counters).toMatchObject({ operations_ended: 1, operations_overwritten: 1 });
    const reaped = await play([begin(0, 7), begin(0, 8), forget(1, 0)]);
    expect(standing(reaped)).toEqual(new Map());
    expect(reaped.counters).toMatchObject({ operations_reaped: 1, operations_overwritten: 1 });
  });

  test("of many tasks each have a line", async () => {
    const threads = Array.from({ length: 24 }, (_, thread) => thread);
    const outcome = await play(threads.map((thread) => begin(thread, thread)));
    expect(standing(outcome)).toEqual(new Map(threads.map((thread) => [thread, thread])));
  });

  test("are displaced, the oldest first, if a set has more tasks than lines", async () => {
    const [a, b, c, d, e, f] = CROWD;
    const outcome = await play([
      ...gather,
      ...[a, b, c, d].map((thread) => begin(thread, thread)),
      begin(a, 100),
      begin(e, e),
      end(b, b),
      end(e, e),
      begin(f, f),
    ]);
    expect(standing(outcome)).toEqual(
      new Map([
        [a, 100],
        [c, c],
        [d, d],
        [f, f],
      ]),
    );
    expect(outcome.counters).toMatchObject({
      operations_entered: 7,
      operations_overwritten: 0,
      operations_displaced: 1,
      operations_ended: 1,
      operations_contended: 0,
    });
  });

  test("of another xid are never ended by an exit, even if the index is outdated", async () => {
    const [a, b, c, d, e] = CROWD;
    // Thread 1 has the index's entry of what thread 0 began; then a's line is e's, whom the index knows as well.
    const shared = await play([begin(2, 7), begin(1, 7 + XIDS), end(3, 7)]);
    expect(standing(shared)).toEqual(
      new Map([
        [2, 7],
        [1, 7 + XIDS],
      ]),
    );
    const displaced = await play([
      ...gather,
      ...[a, b, c, d].map((thread) => begin(thread, thread)),
      begin(e, e),
      end(1, a),
      end(a, a),
    ]);
    expect(standing(displaced)).toEqual(new Map([b, c, d, e].map((thread) => [thread, thread])));
    expect(displaced.counters.operations_ended).toBe(0);
  });

  test("are ended by their own task even if the index has lost them", async () => {
    const outcome = await play([begin(0, 7), begin(1, 7 + XIDS), end(0, 7)]);
    expect(standing(outcome)).toEqual(new Map([[1, 7 + XIDS]]));
  });

  test.each(["SMB2_CLOSE", "SMB2_TREE_DISCONNECT", "SMB2_LOGOFF"] as const)(
    "end by a reply to %s that their task reports",
    async (name) => {
      const command = COMMAND[name];
      for (const reply of [done(0, command, 5n), err(0, command, 5n)]) {
        const outcome = await play([begin(0, 7), begin(1, 8), enter(0, 1, command, 5n), reply, reply]);
        expect(standing(outcome)).toEqual(new Map([[1, 8]]));
        expect(outcome.counters).toMatchObject({ operations_ended: 1, unpaired: 1 });
      }
    },
  );

  test.each<readonly [string, readonly Operation[]]>([
    ["a CLOSE behind a CREATE", [create, done(0, CREATE, 5n), close, done(0, CLOSE, 6n)]],
    ["a CLOSE behind a CREATE that failed", [create, err(0, CREATE, 5n), close, done(0, CLOSE, 6n)]],
    ["a compound that ends with a CLOSE", [create, close, done(0, CREATE, 5n), done(0, CLOSE, 6n)]],
  ])("go on after %s: their task may wait for something else then", async (_, sent) => {
    const outcome = await play([begin(0, 7), ...sent]);
    expect(standing(outcome)).toEqual(new Map([[0, 7]]));
    expect(outcome.counters.operations_ended).toBe(0);
  });

  test("end with the CLOSE of a function that reports no end, and the outer operation continues", async () => {
    const outcome = await play([
      begin(0, 7),
      create,
      done(0, CREATE, 5n),
      begin(0, 8),
      close,
      done(0, CLOSE, 6n),
    ]);
    expect(standing(outcome)).toEqual(new Map([[0, 7]]));
    expect(outcome.counters).toMatchObject({ operations_ended: 1, operations_overwritten: 0 });
  });

  test("end with their CLOSE, whatever other tasks send meanwhile", async () => {
    const outcome = await play([
      begin(0, 7),
      enter(1, 1, CREATE, 5n),
      done(1, CREATE, 5n),
      close,
      done(0, CLOSE, 6n),
    ]);
    expect(standing(outcome)).toEqual(new Map());
  });

  test("continue after any other reply, and after one that cifsd reports", async () => {
    const outcome = await play([
      begin(0, 7),
      begin(CIFSD, 8),
      enter(0, 1, CREATE, 5n),
      done(0, CREATE, 5n),
      enter(0, 2, READ, 6n),
      done(CIFSD, READ, 6n),
    ]);
    expect(standing(outcome)).toEqual(
      new Map([
        [0, 7],
        [CIFSD, 8],
      ]),
    );
  });

  test("are reaped by their start and their task, once", async () => {
    const outcome = await play([begin(0, 7), begin(1, 8), forget(0, 1), forget(0, 0), forget(0, 0)]);
    expect(outcome.results.slice(2, 5).map(({ returned }) => returned)).toEqual([0, 1, 0]);
    expect(standing(outcome)).toEqual(new Map([[1, 8]]));
    expect(outcome.counters.operations_reaped).toBe(1);
  });

  test("that have changed meanwhile are not reaped", async () => {
    const outcome = await play([begin(0, 7), begin(0, 8), forget(0, 0), end(0, 8), forget(1, 0)]);
    expect([2, 4].map((i) => outcome.results[i]?.returned)).toEqual([0, 0]);
    expect(outcome.counters).toMatchObject({ operations_ended: 1, operations_reaped: 0 });
  });

  test("are not reaped by a start of zero or of all ones", async () => {
    for (const start of [0n, 0xffff_ffff_ffff_ffffn]) {
      const first = await play([begin(0, 7)]);
      const args = [start, BigInt(first.tasks.get(0) ?? 0)];
      const { results, pending } = await play([
        begin(0, 7),
        { verb: "run", thread: 1, program: "reap_operation", args },
      ]);
      expect([results[1]?.returned, pending.length]).toEqual([0, 1]);
    }
  });

  test("wake a sleeping reader once", async () => {
    const { records, asleep } = await play([
      begin(0, 7),
      { verb: "asleep", value: 1 },
      end(0, 7),
      begin(0, 8),
      begin(0, 9),
    ]);
    expect(records.map(({ kind }) => kind)).toEqual([KIND.WAKE]);
    expect(asleep).toBe(0);
  });
});
