import { describe, expect, test } from "bun:test";
import { ClosestApproach } from "../../src/detector/closest.ts";
import { Ledger } from "../../src/detector/ledger.ts";
import { endNs } from "../../src/model/request.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule } from "../helpers/rule.ts";

const MINUTE_NS = 60e9;

const anApproach = (counted: number, atNs: number) => ({
  rule: "slow",
  share: "//server/share",
  atNs,
  counted,
  replies: undefined,
  ratio: counted / 10,
});

describe("ClosestApproach", () => {
  test("the closest approach of the last hour is kept, and forgotten after the hour", () => {
    const closest = new ClosestApproach();
    expect(closest.since(0)).toBeUndefined();
    closest.note(anApproach(7, 3 * MINUTE_NS));
    closest.note(anApproach(2, 40 * MINUTE_NS));
    closest.note(anApproach(1, 40.5 * MINUTE_NS));
    expect(closest.since(41 * MINUTE_NS)?.counted).toBe(7);
    expect(closest.since(62 * MINUTE_NS)?.counted).toBe(7);
    expect(closest.since(63 * MINUTE_NS)?.counted).toBe(2);
    expect(closest.since(200 * MINUTE_NS)).toBeUndefined();
  });

  test("it equals the maximum over the minutes of the last hour, on any input", () => {
    const random = seeded();
    const closest = new ClosestApproach();
    const all: ReturnType<typeof anApproach>[] = [];
    for (let nowNs = 0, step = 0; step < 3000; step++) {
      nowNs += random.int(0, 10e9);
      const approach = anApproach(random.int(1, 10), nowNs);
      all.push(approach);
      if (closest.isClosest(approach.ratio, nowNs)) closest.note(approach);
      const oldest = Math.floor(nowNs / MINUTE_NS) - 60;
      const recent = all.filter(({ atNs }) => Math.floor(atNs / MINUTE_NS) > oldest);
      const most = Math.max(...recent.map(({ counted }) => counted));
      expect(closest.since(nowNs)?.counted, random.seedText).toBe(most);
    }
  });
});

describe("Ledger", () => {
  test("it knows how near each rule came, on which share and when", () => {
    const rules = [aLatencyRule({ name: "a", acceptableCount: 10 }), aLatencyRule({ name: "b" })];
    const ledger = new Ledger(rules);
    for (let index = 0; index < 7; index++) {
      const request = aRequest({ startMs: 1000 + index * 10, latencyMs: 20 });
      const counted = { request, timeNs: endNs(request), latencyNs: request.latencyNs };
      const ruleWindow = ledger.ofShare("//files/projects", counted.timeNs).of(0, request.comm);
      if (ruleWindow === undefined) throw new Error("the rule looks elsewhere");
      ledger.count(ruleWindow, counted, counted.timeNs);
    }
    expect(ledger.approaches(2e9)).toEqual([
      {
        rule: "a",
        share: "//files/projects",
        atNs: 1080e6,
        counted: 7,
        replies: undefined,
        ratio: 0.7,
      },
    ]);
  });
});
