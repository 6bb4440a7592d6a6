import { describe, expect, test } from "bun:test";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { FLAG } from "../../src/model/request.gen.ts";
import { aLatencyRule, aStuckRule } from "../helpers/rule.ts";
import { Stage } from "./stage.ts";

const rule = aStuckRule({ stuckMs: 5000 });

const figures = (stage: Stage) =>
  stage.anomalies.map(({ atMs, standing }) => [atMs, standing?.count, (standing?.oldestNs ?? 0) / 1e6]);

describe("a stuck request", () => {
  test("is reported exactly when it is due, with its request", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(14_999);
    expect(stage.anomalies).toEqual([]);
    stage.advance(15_000);
    expect(stage.anomalies).toMatchObject([
      { rule: "stuck", kind: "hung", count: 1, atMs: 15_000, occurredNs: 15_000e6, evidence: [request] },
    ]);
  });

  test("is reported again when its age has doubled", () => {
    const stage = new Stage([rule]);
    stage.enter();
    stage.advance(60_000);
    expect(figures(stage)).toEqual([
      [15_000, 1, 5000],
      [20_000, 1, 10_000],
      [30_000, 1, 20_000],
      [50_000, 1, 40_000],
    ]);
    expect(stage.anomalies.reduce((sum, { count }) => sum + count, 0)).toBe(1);
  });

  test("is reported again with others when they are twice as many, and all are counted", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 20; i++) {
      stage.enter();
      stage.advance(stage.nowMs + 10);
    }
    const all = stage.nowMs;
    stage.advance(16_000);
    const counts = stage.anomalies.map(({ standing }) => standing?.count ?? 0);
    expect(counts[0]).toBe(1);
    for (const [index, count] of counts.slice(1).entries())
      expect(count).toBeGreaterThanOrEqual(2 * (counts[index] ?? 0));
    expect(all).toBe(10_200);
  });

  test("recovers once, with the number of requests and the longest time", () => {
    const stage = new Stage([rule]);
    const requests = Array.from({ length: 3 }, () => stage.enter());
    stage.advance(17_000);
    for (const request of requests.slice(0, 2)) stage.reply(request);
    stage.advance(18_000);
    expect(stage.recovered).toEqual([]);
    stage.reply(requests[2] as (typeof requests)[0]);
    stage.advance(19_000);
    expect(stage.recovered).toEqual([
      {
        rule: "stuck",
        share: "//server/share",
        count: 3,
        abandoned: 0,
        unreported: 0,
        longestNs: 8e9,
        endedNs: 18_000e6,
      },
    ]);
    stage.advance(100_000);
    expect(stage.recovered).toHaveLength(1);
  });

  test("that no task awaits any more is counted as abandoned", () => {
    const stage = new Stage([rule]);
    stage.enter();
    stage.advance(16_000);
    stage.liveness = "dead";
    stage.advance(40_000);
    expect(stage.recovered).toMatchObject([{ count: 1, abandoned: 1 }]);
    expect(stage.orphaned.length).toBeGreaterThan(0);
  });

  test("is not reported if the witness finds no waiting task", () => {
    const stage = new Stage([rule]);
    stage.liveness = "dead";
    stage.enter();
    stage.advance(100_000);
    expect(stage.anomalies).toEqual([]);
    expect(stage.recovered).toEqual([]);
  });

  test("is noticed to have ended at the next scan if its end was not on the ring", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(16_000);
    stage.reply(request, {}, false);
    stage.advance(30_000);
    expect(stage.recovered).toMatchObject([{ count: 1 }]);
  });

  test("is followed to its end if it lost its line", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(12_000);
    stage.evict(request);
    stage.advance(16_000);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", standing: { count: 1 } }]);
    stage.liveness = "dead";
    stage.advance(30_000);
    expect(stage.recovered).toMatchObject([{ count: 1, abandoned: 1 }]);
  });

  test("is never one that may block indefinitely, unless the rule names its command", () => {
    const { SMB2_IOCTL, SMB2_LOCK } = COMMAND;
    const stuckNs = COMMANDS.map((_, command) => (command === SMB2_LOCK ? Infinity : 5e9));
    const stage = new Stage([aStuckRule({ stuckNs })]);
    stage.shares.set(1, "//server/IPC$");
    stage.enter({ command: SMB2_LOCK });
    stage.enter({ command: SMB2_IOCTL, treeId: 1 });
    stage.advance(3_600_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("is not reported below the number that the rule accepts", () => {
    const stage = new Stage([aStuckRule({ stuckMs: 5000, acceptableCount: 3 })]);
    const requests = Array.from({ length: 3 }, () => stage.enter());
    stage.reply(requests[0] as (typeof requests)[0]);
    stage.advance(40_000);
    expect(stage.anomalies).toEqual([]);
    stage.enter();
    stage.advance(46_000);
    expect(stage.anomalies).toMatchObject([{ standing: { count: 3 } }]);
  });

  test("belongs only to the rule that covers its share", () => {
    const stage = new Stage([
      aStuckRule({ name: "here", match: { share: "//server/*", process: undefined } }),
      aStuckRule({ name: "there", match: { share: "//other/*", process: undefined } }),
      aLatencyRule({
        name: "other-process",
        emergencyMs: 1000,
        match: { share: undefined, process: "nginx" },
      }),
    ]);
    stage.enter();
    stage.advance(17_000);
    expect(stage.anomalies.map((anomaly) => anomaly.rule)).toEqual(["here"]);
  });

  test("is not one that gets a late reply, and no other rule counts it", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(14_000);
    stage.reply(request, { flags: FLAG.REPLIED });
    stage.advance(30_000);
    expect(stage.anomalies).toEqual([]);
    expect(stage.recovered).toEqual([]);
  });

  test("still hangs for the next detector, and recovers there", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(16_000);
    stage.restart([rule]);
    stage.advance(16_100);
    expect(stage.anomalies).toHaveLength(2);
    stage.reply(request);
    stage.advance(17_000);
    expect(stage.recovered).toMatchObject([{ count: 1 }]);
  });

  test("goes on under a rule of the same name when the rules change, and recovers there", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(16_000);
    const other = aStuckRule({ name: "later", stuckMs: 60_000 });
    stage.collect(stage.detector.configure([other, rule], stage.nowMs * 1e6));
    stage.advance(17_000);
    expect(stage.anomalies).toHaveLength(1);
    stage.reply(request);
    stage.advance(18_000);
    expect(stage.recovered).toMatchObject([{ rule: "stuck", longestNs: 7e9 }]);
  });
});
