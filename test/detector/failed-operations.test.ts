import { describe, expect, test } from "bun:test";
import { ERRNO } from "../../src/model/errno.ts";
import { KIND } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule, anErrorRule, aStuckRule } from "../helpers/rule.ts";
import { Stage } from "./stage.ts";

const rules = [
  anErrorRule({ acceptableCount: 3 }),
  aLatencyRule({ slowMs: 0, emergencyMs: 1 }),
  aStuckRule({ stuckMs: 5 }),
];

/** A record as bpf/failure.h sends it. */
function aFailure(nowMs: number, parts: Partial<Request> = {}): Request {
  return aRequest({
    kind: KIND.OPERATION,
    startMs: nowMs - 20,
    latencyMs: 20,
    errno: ERRNO.EHOSTDOWN,
    sessionId: 0n,
    treeId: 0,
    flags: 0,
    command: 0,
    taskId: 103,
    ...parts,
  });
}

describe("operations that fail without a request", () => {
  test("trip an Error rule on the share that their task used last, with their errno", () => {
    const stage = new Stage([...rules]);
    stage.exchange(0.1, { taskId: 103 });
    stage.advance(11_000);
    const before = stage.anomalies.length;
    for (let n = 0; n < 3; n++) stage.send(aFailure(stage.nowMs, { messageId: BigInt(n) }));
    stage.round();
    expect(stage.anomalies.slice(before)).toMatchObject([
      {
        rule: "errors",
        kind: "error",
        share: "//server/share",
        count: 3,
        statuses: [{ command: undefined, ntStatus: 0, errno: ERRNO.EHOSTDOWN, count: 3 }],
      },
    ]);
    expect(stage.anomalies.at(-1)?.evidence).toMatchObject([{}, {}, { kind: KIND.OPERATION, taskId: 103 }]);
  });

  test("belong to an unknown share if their task has used none", () => {
    const stage = new Stage([anErrorRule({ acceptableCount: 1 })]);
    stage.send(aFailure(stage.nowMs));
    stage.round();
    expect(stage.anomalies).toMatchObject([{ rule: "errors", share: "unknown", count: 1 }]);
  });

  test("pass a rule if their errno is an everyday answer of the client", () => {
    const stage = new Stage([anErrorRule({ acceptableCount: 1 })]);
    for (const errno of [ERRNO.ENOENT, ERRNO.ENOTTY, ERRNO.EINTR, 255]) {
      stage.send(aFailure(stage.nowMs, { errno }));
      stage.round();
    }
    expect(stage.anomalies).toEqual([]);
  });

  test("wait for a reading that may name their share, and are counted without it when it is overdue", () => {
    const stage = new Stage([anErrorRule({ acceptableCount: 1 })]);
    stage.holdUntilMs = 10_500;
    stage.send(aFailure(stage.nowMs));
    stage.advance(10_400);
    expect(stage.anomalies).toEqual([]);
    stage.advance(10_500);
    expect(stage.anomalies).toMatchObject([{ share: "unknown", count: 1 }]);
  });

  test("that wait for a reading are counted as soon as it has a result", () => {
    const stage = new Stage([anErrorRule({ acceptableCount: 1 })]);
    stage.exchange(0.1, { taskId: 103 });
    stage.shares.clear();
    stage.holdUntilMs = 60_000;
    stage.send(aFailure(stage.nowMs));
    stage.advance(10_400);
    expect(stage.anomalies).toEqual([]);
    stage.shares.set(5, "//server/named");
    stage.detector.takeReading(undefined, stage.nowMs * 1e6);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ share: "//server/named", count: 1 }]);
  });

  test("are all counted, however many wait for one reading", () => {
    const stage = new Stage([anErrorRule({ acceptableCount: 1 })]);
    stage.holdUntilMs = 60_000;
    for (let n = 0; n < 5000; n++) stage.send(aFailure(stage.nowMs, { messageId: BigInt(n) }));
    stage.round();
    expect(stage.anomalies).toMatchObject([{ count: 5000 }]);
  });
});
