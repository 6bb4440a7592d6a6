import { describe, expect, test } from "bun:test";
import type { Counted } from "../../src/detector/recent-requests.ts";
import { MERGE_NS, RuleWindow } from "../../src/detector/rule-window.ts";
import { endNs } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule } from "../helpers/rule.ts";

const MS = 1e6;
const SHARE = "//server/share";

function aCounted(endMs: number, latencyMs = 20): Counted {
  const request = aRequest({ startMs: endMs - latencyMs, latencyMs });
  return { request, timeNs: endNs(request), latencyNs: request.latencyNs };
}

/** Counts a request, and notes a trip if the window is full. */
function feed(ruleWindow: RuleWindow, counted: Counted): void {
  if (ruleWindow.count(counted)) ruleWindow.tripFull(counted, counted.timeNs);
}

describe("RuleWindow", () => {
  const rule = aLatencyRule({ acceptableCount: 2, windowMs: 1000 });

  test("the first anomaly is reported at once, further ones after 100 ms", () => {
    const ruleWindow = new RuleWindow(rule, SHARE);
    feed(ruleWindow, aCounted(1000));
    feed(ruleWindow, aCounted(1001, 30));
    expect(ruleWindow.takeDue(1001 * MS).map(({ count, worstNs }) => [count, worstNs])).toEqual([
      [2, 30 * MS],
    ]);
    feed(ruleWindow, aCounted(1010, 50));
    feed(ruleWindow, aCounted(1020));
    expect(ruleWindow.takeDue(1020 * MS)).toEqual([]);
    expect(ruleWindow.nextReportNs).toBe(1001 * MS + MERGE_NS);
    const [merged, ...rest] = ruleWindow.takeDue(1101 * MS);
    expect(rest).toEqual([]);
    expect(merged).toMatchObject({ kind: "slow", count: 2, worstNs: 50 * MS, occurredNs: 1010 * MS });
    expect(ruleWindow.nextReportNs).toBe(Infinity);
  });

  test("a worse kind is not held back by a milder one, and is reported first", () => {
    const ruleWindow = new RuleWindow(rule, SHARE);
    feed(ruleWindow, aCounted(1000));
    feed(ruleWindow, aCounted(1001));
    ruleWindow.takeDue(1001 * MS);
    feed(ruleWindow, aCounted(1002));
    const hung = aCounted(1003, 900);
    ruleWindow.hang({}, hung, 1003 * MS);
    expect(ruleWindow.takeDue(1003 * MS).map(({ kind }) => kind)).toEqual(["hung"]);
    ruleWindow.hang({}, hung, 1004 * MS);
    expect(ruleWindow.takeDue(2000 * MS).map(({ kind }) => kind)).toEqual(["hung", "slow"]);
  });

  test("an emergency shows the requests that tripped it, not all that counted", () => {
    const ruleWindow = new RuleWindow(rule, SHARE);
    ruleWindow.count(aCounted(1000));
    const worst = aCounted(1100, 900);
    ruleWindow.count(worst);
    ruleWindow.trip(worst, 1100 * MS);
    expect(ruleWindow.takeDue(1100 * MS)).toMatchObject([
      { kind: "emergency", count: 2, evidence: [worst.request] },
    ]);
  });

  test("merged trips are dated by the first, and are reported once", () => {
    const ruleWindow = new RuleWindow(rule, SHARE);
    const [first, second, third] = [aCounted(1000, 900), aCounted(1050, 950), aCounted(3000, 900)];
    ruleWindow.trip(first, 1000 * MS);
    ruleWindow.trip(second, 1050 * MS);
    expect(ruleWindow.takeDue(1050 * MS)).toMatchObject([
      { occurredNs: 1000 * MS, detectedNs: 1000 * MS, evidence: [first.request, second.request] },
    ]);
    ruleWindow.trip(third, 3000 * MS);
    expect(ruleWindow.takeDue(3000 * MS)).toMatchObject([{ worstNs: 900 * MS, evidence: [third.request] }]);
  });

  test("no request counts in two anomalies", () => {
    const ruleWindow = new RuleWindow(rule, SHARE);
    const times = Array.from({ length: 300 }, (_, i) => 1000 + i);
    const anomalies = times.flatMap((ms) => {
      feed(ruleWindow, aCounted(ms));
      return ruleWindow.takeDue(ms * MS);
    });
    anomalies.push(...ruleWindow.takeDue(Infinity));
    expect(anomalies.reduce((sum, { count }) => sum + count, 0)).toBe(times.length);
  });

  test("requests that counted long ago and tripped nothing are not in a later anomaly", () => {
    const ruleWindow = new RuleWindow(aLatencyRule({ acceptableCount: 3, windowMs: 1000 }), SHARE);
    for (const ms of [1000, 1001, 9000, 9001, 9002]) feed(ruleWindow, aCounted(ms, ms === 1000 ? 500 : 20));
    expect(ruleWindow.takeDue(9002 * MS)).toMatchObject([{ count: 3, worstNs: 20 * MS }]);
  });

  test("restored requests fill the window and are in no anomaly", () => {
    const ruleWindow = new RuleWindow(rule, SHARE);
    const before = aCounted(1000);
    ruleWindow.restore(before);
    expect(ruleWindow.nextReportNs).toBe(Infinity);
    const after = aCounted(1001);
    feed(ruleWindow, after);
    expect(ruleWindow.takeDue(1001 * MS)).toMatchObject([
      { count: 1, evidence: [before.request, after.request] },
    ]);
  });

  test("a restored request that arrives again is reported, but counts in the window once", () => {
    const ruleWindow = new RuleWindow(aLatencyRule({ acceptableCount: 3 }), SHARE);
    const [first, second] = [aCounted(1000), aCounted(1001)];
    ruleWindow.restore(first);
    ruleWindow.restore(second);
    expect(ruleWindow.count(second, true)).toBe(false);
    expect(ruleWindow.count(aCounted(1002))).toBe(true);
  });
});
