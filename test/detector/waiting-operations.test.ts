import { describe, expect, test } from "bun:test";
import { FLAG, KIND } from "../../src/model/request.gen.ts";
import type { Rule } from "../../src/model/rule.ts";
import { aLatencyRule, aStuckRule } from "../helpers/rule.ts";
import { Stage } from "./stage.ts";

const rule = aStuckRule({ stuckMs: 5000 });

describe("an operation that waits before it is a request", () => {
  test("is reported exactly when it is due, with its task and share", () => {
    const stage = new Stage([rule]);
    stage.exchange(1, { taskId: 103 });
    stage.advance(11_000);
    const { xid, startNs } = stage.begin(3);
    stage.advance(15_999);
    expect(stage.anomalies).toEqual([]);
    stage.advance(16_000);
    expect(stage.anomalies).toMatchObject([
      { rule: "stuck", kind: "hung", count: 1, share: "//server/share", occurredNs: 16_000e6, atMs: 16_000 },
    ]);
    expect(stage.anomalies[0]?.evidence).toMatchObject([
      { kind: KIND.OPERATION, startNs, messageId: BigInt(xid), taskId: 103, comm: "cp" },
    ]);
  });

  test("is reported again as it grows, and recovers once when it has left", () => {
    const stage = new Stage([rule]);
    for (const line of [1, 2, 3]) stage.begin(line);
    stage.advance(40_000);
    const ages = stage.anomalies.map(({ standing }) => [standing?.count, (standing?.oldestNs ?? 0) / 1e9]);
    expect(ages).toEqual([
      [3, 5],
      [3, 10],
      [3, 20],
    ]);
    for (const line of [1, 2, 3]) stage.leave(line);
    stage.advance(41_100);
    expect(stage.recovered).toMatchObject([{ rule: "stuck", count: 3, abandoned: 0 }]);
    stage.advance(100_000);
    expect(stage.recovered).toHaveLength(1);
    expect(stage.anomalies).toHaveLength(3);
  });

  test("hangs if its task sleeps in a function that this kernel does not show, because it is inside cifs", () => {
    const stage = new Stage([rule]);
    stage.waits.set(101, "asleep");
    stage.begin(1);
    stage.advance(15_100);
    expect(stage.anomalies).toMatchObject([{ rule: "stuck", kind: "hung", count: 1 }]);
  });

  test.each([
    ["waits elsewhere", "other"],
    ["waits for I/O", "io"],
    ["runs or is hidden", "running"],
    ["has exited", "gone"],
  ] as const)("does not hang if its task %s", (_, wait) => {
    const stage = new Stage([rule]);
    stage.waits.set(101, wait);
    stage.begin(1);
    stage.advance(200_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("is freed at once if its task has exited, and late if it left without a report", () => {
    const stage = new Stage([rule]);
    stage.waits.set(101, "gone").set(102, "other").set(103, "running");
    for (const line of [1, 2, 3]) stage.begin(line);
    stage.advance(16_000);
    expect(stage.abandoned.map(({ taskId }) => taskId)).toEqual([101]);
    stage.advance(300_000);
    expect(new Set(stage.abandoned.map(({ taskId }) => taskId))).toEqual(new Set([101, 102]));
  });

  test("is covered by the request if its task has one in flight", () => {
    const stage = new Stage([rule]);
    stage.begin(1);
    stage.advance(10_100);
    stage.enter({ taskId: 101 });
    stage.advance(15_050);
    expect(stage.anomalies).toEqual([]);
    stage.advance(15_200);
    expect(stage.anomalies).toMatchObject([{ count: 1, standing: { count: 1 } }]);
    expect(stage.anomalies[0]?.evidence).toMatchObject([{ kind: KIND.REQUEST, taskId: 101 }]);
  });

  test("is as old as the second wait if its task had a request in flight between two waits", () => {
    const stage = new Stage([rule]);
    stage.begin(1);
    const request = stage.enter({ taskId: 101, startNs: 14_900_000_000n });
    stage.advance(15_500);
    stage.reply(request, { flags: FLAG.REPLIED });
    stage.advance(19_000);
    expect(stage.anomalies).toEqual([]);
    stage.advance(40_000);
    expect(stage.anomalies[0]?.evidence).toMatchObject([{ kind: KIND.OPERATION, taskId: 101 }]);
    expect(stage.anomalies[0]?.atMs).toBeGreaterThan(20_500);
  });

  test("stops waiting when its request is sent", () => {
    const stage = new Stage([rule]);
    stage.begin(1);
    stage.advance(16_000);
    expect(stage.anomalies).toHaveLength(1);
    const request = stage.enter({ taskId: 101 });
    stage.advance(21_500);
    expect(stage.recovered).toMatchObject([{ count: 1 }]);
    stage.reply(request, { flags: FLAG.REPLIED });
  });

  test("gives way to a later operation of the same task", () => {
    const stage = new Stage([rule]);
    stage.begin(1);
    stage.advance(16_000);
    stage.begin(1);
    stage.advance(20_999);
    expect(stage.recovered).toHaveLength(1);
    expect(stage.anomalies).toHaveLength(1);
    stage.advance(22_000);
    expect(stage.anomalies).toHaveLength(2);
  });

  test("does not end at one moment between two waits", () => {
    const stage = new Stage([rule]);
    stage.begin(1);
    stage.advance(16_000);
    stage.waits.set(101, "running");
    stage.advance(20_100);
    stage.waits.delete(101);
    stage.advance(60_000);
    expect(stage.recovered).toEqual([]);
    expect(stage.anomalies.at(-1)?.standing?.oldestNs).toBeGreaterThan(20e9);
  });

  test("is as old as the present wait if its task left without a report and waits again", () => {
    const stage = new Stage([rule]);
    stage.waits.set(101, "other");
    stage.begin(1);
    stage.advance(30_000);
    stage.waits.delete(101);
    stage.advance(34_000);
    expect(stage.anomalies).toEqual([]);
    stage.advance(60_000);
    expect(stage.anomalies[0]?.standing).toEqual({ count: 1, oldestNs: 5e9 });
  });

  test("is ignored by rules of other types and by rules that do not cover it", () => {
    const stage = new Stage([
      aLatencyRule({ emergencyMs: 1000 }),
      aStuckRule({ name: "reads", waitingNs: Infinity }),
    ]);
    stage.begin(1);
    stage.advance(100_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("costs no wake-ups while there is none, and few while it waits", () => {
    const stage = new Stage([rule]);
    stage.advance(20_000);
    const before = stage.wakeUps;
    stage.advance(1_000_000);
    expect(stage.wakeUps - before).toBe(0);
    stage.begin(1);
    stage.round();
    stage.waits.set(101, "other");
    stage.advance(2_000_000);
    expect(stage.wakeUps - before).toBeLessThan(40);
  });
});

describe("tasks that wait without a line", () => {
  test("are found when others hang, and their age counts from then", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.silent = [
      { taskId: request.taskId, processId: 1, comm: "sender" },
      { taskId: 8, processId: 8, comm: "silent" },
      { taskId: 9, processId: 9, comm: "silent" },
    ];
    stage.advance(15_000);
    expect(stage.anomalies).toMatchObject([{ standing: { count: 1 } }]);
    stage.advance(25_000);
    const silent = stage.anomalies.filter(({ share }) => share === "unknown");
    expect(silent[0]).toMatchObject({ standing: { count: 2, oldestNs: 5e9 } });
    stage.reply(request);
    stage.waits.set(8, "other").set(9, "gone");
    stage.advance(40_000);
    expect(stage.recovered.map(({ count }) => count).sort()).toEqual([1, 2]);
  });
});

describe("requests and operations that began before aod", () => {
  test("are stuck if they still wait after the limit", () => {
    const stage = new Stage([rule]);
    const startNs = BigInt(stage.nowMs * 1e6);
    stage.inheritance = {
      requests: [
        {
          startNs,
          latencyNs: 0,
          sessionId: 1n,
          messageId: 9n,
          treeId: 5,
          taskId: 7,
          processId: 7,
          ntStatus: 0,
          errno: 0,
          command: 5,
          flags: 0,
          kind: KIND.REQUEST,
          comm: "ls",
        },
      ],
      operations: [{ startNs, xid: 0, taskId: 8, processId: 8, comm: "cp" }],
    };
    stage.detector.inherit(stage.nowMs * 1e6);
    stage.advance(14_990);
    expect(stage.anomalies).toEqual([]);
    stage.advance(15_200);
    expect(stage.anomalies.flatMap(({ evidence }) => evidence.map(({ comm }) => comm)).sort()).toContain(
      "ls",
    );
    expect(stage.anomalies.flatMap(({ evidence }) => evidence).map(({ comm }) => comm)).toContain("cp");
  });

  test("end when no task waits any more", () => {
    const stage = new Stage([rule]);
    const startNs = BigInt(stage.nowMs * 1e6);
    stage.inheritance = {
      requests: [],
      operations: [{ startNs, xid: 0, taskId: 8, processId: 8, comm: "cp" }],
    };
    stage.detector.inherit(stage.nowMs * 1e6);
    stage.advance(16_000);
    expect(stage.anomalies).toHaveLength(1);
    stage.waits.set(8, "other");
    stage.advance(20_000);
    expect(stage.recovered).toMatchObject([{ count: 1, abandoned: 0 }]);
    stage.advance(1_000_000);
    expect(stage.anomalies).toHaveLength(1);
  });
});

describe("a task that sleeps in cifs and does not wait for a server", () => {
  const inLock = { place: "cifs_new_fileinfo", switches: 7 };

  function aBlocked(rules: readonly Rule[] = [rule]): Stage {
    const stage = new Stage(rules);
    stage.exchange(1, { taskId: 101 });
    stage.waits.set(101, "other");
    stage.blocks.set(101, inLock);
    stage.begin(1);
    return stage;
  }

  test("hangs from twice the limit on, for the share that it used last", () => {
    const stage = aBlocked();
    stage.advance(19_999);
    expect(stage.anomalies).toEqual([]);
    stage.advance(20_000);
    expect(stage.anomalies).toMatchObject([
      { rule: "stuck", kind: "hung", count: 1, share: "//server/share", atMs: 20_000 },
    ]);
    expect(stage.anomalies[0]?.evidence).toMatchObject([{ kind: KIND.OPERATION, taskId: 101, errno: 0 }]);
  });

  test.each([
    [1000, 10_000],
    [30_000, 60_000],
    [60_000, 120_000],
  ])("hangs, where the limit is %d ms, after %d ms", (stuckMs, dueMs) => {
    const stage = aBlocked([aStuckRule({ stuckMs })]);
    stage.advance(10_000 + dueMs - 1);
    expect(stage.anomalies).toEqual([]);
    stage.advance(10_000 + dueMs);
    expect(stage.anomalies).toHaveLength(1);
  });

  test("hangs even if only a wait for a page or netfs is known", () => {
    const stage = aBlocked();
    stage.waits.set(101, "io");
    stage.advance(20_000);
    expect(stage.anomalies).toHaveLength(1);
  });

  test("is not reported if it runs between checks, whatever it waits in", () => {
    const stage = aBlocked();
    for (let ms = 10_500; ms <= 300_000; ms += 500) {
      stage.blocks.set(101, { ...inLock, switches: ms });
      stage.advance(ms);
    }
    expect(stage.anomalies).toEqual([]);
    expect(stage.abandoned).toEqual([]);
  });

  test("hangs after the full limit again if it has run", () => {
    const stage = aBlocked();
    stage.advance(19_000);
    stage.blocks.set(101, { ...inLock, switches: 8 });
    stage.advance(29_999);
    expect(stage.anomalies).toEqual([]);
    stage.advance(31_000);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", standing: { count: 1 } }]);
    expect(stage.anomalies[0]?.standing?.oldestNs).toBeLessThan(12e9);
  });

  test("recovers when it leaves cifs, and when it runs", () => {
    for (const end of ["leaves", "runs"]) {
      const stage = aBlocked();
      stage.advance(20_000);
      if (end === "leaves") stage.leave(1);
      else stage.blocks.set(101, { ...inLock, switches: 8 });
      stage.advance(31_000);
      expect(stage.recovered, end).toMatchObject([{ rule: "stuck", count: 1, abandoned: 0 }]);
    }
  });

  test("has the limit of a wait for a server once it waits for one", () => {
    const stage = aBlocked();
    stage.advance(15_500);
    stage.waits.delete(101);
    stage.blocks.delete(101);
    stage.advance(21_000);
    expect(stage.anomalies).toHaveLength(1);
    expect(stage.anomalies[0]?.standing?.count).toBe(1);
  });

  test("is covered by the request if it has one in flight", () => {
    const stage = aBlocked();
    stage.enter({ taskId: 101 });
    stage.advance(14_900);
    expect(stage.anomalies).toEqual([]);
    stage.advance(40_000);
    const kinds = stage.anomalies.flatMap(({ evidence }) => evidence.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(new Set([KIND.REQUEST]));
  });

  test("is checked a bounded number of times", () => {
    const stage = aBlocked();
    stage.advance(20_000);
    const before = stage.wakeUps;
    stage.leave(1);
    stage.advance(21_100);
    expect(stage.wakeUps - before).toBeLessThan(10);
  });
});
