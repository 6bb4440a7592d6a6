import { describe, expect, test } from "bun:test";
import { Compounds } from "../../src/detector/compounds.ts";
import { COMMAND } from "../../src/model/command.ts";
import type { Request } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { Stage } from "./stage.ts";

const part = (messageId: bigint, parts: Partial<Request> & { startMs: number; latencyMs: number }): Request =>
  aRequest({ messageId, command: COMMAND.SMB2_CREATE, ...parts });

describe("Compounds", () => {
  const pairs: readonly (readonly [string, Request, Request, boolean])[] = [
    [
      "requests of one task in flight together, with neighbouring ids, are one compound",
      part(10n, { startMs: 1000, latencyMs: 0 }),
      part(11n, { startMs: 1000.01, latencyMs: 0 }),
      true,
    ],
    [
      "complete requests that overlap, with neighbouring ids, are one compound",
      part(10n, { startMs: 1000, latencyMs: 50 }),
      part(12n, { startMs: 1000.01, latencyMs: 50 }),
      true,
    ],
    [
      "requests one after the other are two operations",
      part(10n, { startMs: 1000, latencyMs: 50 }),
      part(11n, { startMs: 1050, latencyMs: 50 }),
      false,
    ],
    [
      "requests of two tasks are two operations",
      part(10n, { startMs: 1000, latencyMs: 50, taskId: 1 }),
      part(11n, { startMs: 1000, latencyMs: 50, taskId: 2 }),
      false,
    ],
    [
      "requests of two sessions are two operations",
      part(10n, { startMs: 1000, latencyMs: 50, sessionId: 1n }),
      part(11n, { startMs: 1000, latencyMs: 50, sessionId: 2n }),
      false,
    ],
    [
      "ids further apart than a compound is long are two operations",
      part(10n, { startMs: 1000, latencyMs: 50 }),
      part(20n, { startMs: 1000, latencyMs: 50 }),
      false,
    ],
    [
      "READs are never one compound, because a task may have many in flight",
      part(10n, { startMs: 1000, latencyMs: 50, command: COMMAND.SMB2_READ }),
      part(11n, { startMs: 1000, latencyMs: 50, command: COMMAND.SMB2_READ }),
      false,
    ],
  ];

  test.each(pairs)("%s", (_, first, second, areOne) => {
    const compounds = new Compounds();
    expect(compounds.marksOf(first, 2) === compounds.marksOf(second, 2)).toBe(areOne);
  });

  test("a request stays one when it completes, and ends its compound", () => {
    const compounds = new Compounds();
    const open = part(10n, { startMs: 1000, latencyMs: 0 });
    const marks = compounds.marksOf(open, 1);
    const complete = { ...open, latencyNs: 50e6 };
    expect(compounds.marksOf(complete, 1)).toBe(marks);
    expect(compounds.marksOf(part(11n, { startMs: 1051, latencyMs: 0 }), 1)).not.toBe(marks);
  });

  test("the number of remembered tasks is bounded", () => {
    const compounds = new Compounds();
    const first = part(10n, { startMs: 1000, latencyMs: 0, taskId: 0 });
    const marks = compounds.marksOf(first, 1);
    for (let taskId = 1; taskId <= 5000; taskId++) {
      compounds.marksOf(part(10n, { startMs: 1000, latencyMs: 0, taskId }), 1);
    }
    expect(compounds.marksOf(first, 1)).not.toBe(marks);
  });
});

describe("Detector: compounds", () => {
  const rule = aLatencyRule({ acceptableCount: 3, slowMs: 10, emergencyMs: 1000 });

  function sendThree(stage: Stage): readonly Request[] {
    const first = BigInt(Math.round(stage.nowMs * 1000));
    return [0n, 1n, 2n].map((i) =>
      stage.enter({ messageId: first + i, command: COMMAND.SMB2_CREATE, taskId: 77 }),
    );
  }

  test.each([
    ["are answered", 0],
    ["were found overdue", 100],
  ])("three parts that %s count as one slow operation", (_, waitMs) => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 3; i++) {
      const parts = sendThree(stage);
      stage.advance(stage.nowMs + 20 + waitMs);
      for (const part of parts) stage.reply(part);
      stage.round();
      expect(stage.anomalies).toHaveLength(i < 2 ? 0 : 1);
      stage.advance(stage.nowMs + 1);
    }
    expect(stage.anomalies).toMatchObject([{ kind: "slow", count: 3 }]);
  });

  test("a compound that hangs is one hung operation", () => {
    const stage = new Stage([rule]);
    const parts = sendThree(stage);
    stage.advance(stage.nowMs + 1500);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", count: 1, standing: { count: 1 } }]);
    for (const part of parts) stage.reply(part);
    stage.advance(stage.nowMs + 500);
    expect(stage.anomalies).toHaveLength(1);
    expect(stage.recovered).toMatchObject([{ count: 1, abandoned: 0 }]);
  });
});
