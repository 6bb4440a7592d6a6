import { describe, expect, test } from "bun:test";
import { LEDGER_SHARES_MAX, Ledger, OTHER_SHARES } from "../../src/detector/ledger.ts";
import type { Counted } from "../../src/detector/recent-requests.ts";
import type { RuleWindow } from "../../src/detector/rule-window.ts";
import { endNs } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule, anErrorRule, aStuckRule } from "../helpers/rule.ts";

const MS = 1e6;

function aCounted(endMs: number): Counted {
  const request = aRequest({ startMs: endMs - 20, latencyMs: 20 });
  return { request, timeNs: endNs(request), latencyNs: request.latencyNs };
}

function windowIn(ledger: Ledger, rule: number, share: string, nowNs: number): RuleWindow {
  const ruleWindow = ledger.ofShare(share, nowNs).of(rule, "postgres");
  if (ruleWindow === undefined) throw new Error(`rule ${rule} does not cover ${share}`);
  return ruleWindow;
}

describe("Ledger", () => {
  const rules = [
    aLatencyRule({ name: "a", acceptableCount: 2 }),
    anErrorRule({ name: "b", acceptableCount: 1 }),
  ];

  test("trouble of an IPC$ counts for its server", () => {
    const ledger = new Ledger(rules);
    ledger.count(windowIn(ledger, 1, "//s/IPC$", 0), aCounted(1000), 1000 * MS);
    expect(ledger.takeDue(1000 * MS).map(({ share }) => share)).toEqual(["//s"]);
  });

  test("each rule and each share is counted separately", () => {
    const ledger = new Ledger(rules);
    ledger.count(windowIn(ledger, 0, "//s/one", 0), aCounted(1000), 1000 * MS);
    ledger.count(windowIn(ledger, 0, "//s/two", 0), aCounted(1001), 1001 * MS);
    expect(ledger.takeDue(1001 * MS)).toEqual([]);
    ledger.count(windowIn(ledger, 1, "//s/one", 0), aCounted(1002), 1002 * MS);
    ledger.count(windowIn(ledger, 0, "//s/two", 0), aCounted(1003), 1003 * MS);
    expect(ledger.takeDue(1003 * MS).map(({ rule, share, kind }) => [rule, share, kind])).toEqual([
      ["b", "//s/one", "error"],
      ["a", "//s/two", "slow"],
    ]);
  });

  test("the next report is due when a held-back anomaly is", () => {
    const ledger = new Ledger(rules);
    const ruleWindow = windowIn(ledger, 1, "//s/one", 0);
    expect(ledger.nextReportNs).toBe(Infinity);
    ledger.count(ruleWindow, aCounted(1000), 1000 * MS);
    expect(ledger.nextReportNs).toBeLessThanOrEqual(1000 * MS);
    ledger.takeDue(1000 * MS);
    expect(ledger.nextReportNs).toBe(Infinity);
    ledger.count(ruleWindow, aCounted(1001), 1001 * MS);
    expect(ledger.nextReportNs).toBe(1100 * MS);
    expect(ledger.takeAll()).toHaveLength(1);
    expect(ledger.nextReportNs).toBe(Infinity);
  });

  test("a rule that is limited to shares or processes has no window elsewhere", () => {
    const narrowed = new Ledger([
      aLatencyRule({ match: { share: "//files/*", process: undefined } }),
      aLatencyRule({ match: { share: undefined, process: "post*" } }),
    ]);
    const admitted = (share: string, comm: string) =>
      [0, 1].filter((rule) => narrowed.ofShare(share, 0).of(rule, comm) !== undefined);
    expect(admitted("//FILES/db", "postgres")).toEqual([0, 1]);
    expect(admitted("//other/db", "postgres")).toEqual([1]);
    expect(admitted("//files/db", "nginx")).toEqual([0]);
    expect(admitted("unknown", "nginx")).toEqual([]);
  });

  test("a share is matched again when a DFS path leads to it", () => {
    let paths: readonly string[] = [];
    const rules = [aLatencyRule({ match: { share: "//corp.example/*", process: undefined } })];
    const narrowed = new Ledger(rules, { dfsPathsOf: () => paths });
    expect(narrowed.ofShare("//leaf1/data", 0).admits(0, "cp")).toBe(false);
    paths = ["//corp.example/dfs/data"];
    expect(narrowed.ofShare("//leaf1/data", 0).admits(0, "cp")).toBe(true);
  });

  test("a recovery is reported once, and only for a hang that was reported", () => {
    const ledger = new Ledger([aStuckRule()]);
    const ruleWindow = windowIn(ledger, 0, "//s/one", 0);
    const [first, second] = [aCounted(6000), aCounted(6000)];
    const [a, b] = [{}, {}];
    for (const [who, counted] of [
      [a, first],
      [b, second],
    ] as const) {
      ruleWindow.count(counted);
      ledger.hang(ruleWindow, who, counted, 6000 * MS);
    }
    expect(ledger.takeDue(6000 * MS)).toMatchObject([{ kind: "hung", count: 2, standing: { count: 2 } }]);
    ledger.release(ruleWindow, a, 7000 * MS, false);
    expect(ledger.takeRecovered()).toEqual([]);
    ledger.release(ruleWindow, b, 8000 * MS, true);
    expect(ledger.takeRecovered()).toEqual([
      {
        rule: "stuck",
        share: "//s/one",
        count: 2,
        abandoned: 1,
        unreported: 0,
        longestNs: 2020 * MS,
        endedNs: 8000 * MS,
      },
    ]);
    expect(ledger.takeRecovered()).toEqual([]);
  });

  test("shares beyond the limit are counted under OTHER_SHARES", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < LEDGER_SHARES_MAX + 5; i++) {
      ledger.count(windowIn(ledger, 1, `//s/${i}`, 1000 * MS), aCounted(1000), 1000 * MS);
    }
    const anomalies = ledger.takeDue(1000 * MS);
    expect(anomalies).toHaveLength(LEDGER_SHARES_MAX + 1);
    expect(anomalies.at(-1)).toMatchObject({ share: OTHER_SHARES, count: 5 });
  });

  test("quiet shares give their slots to new ones", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < LEDGER_SHARES_MAX; i++) {
      ledger.count(windowIn(ledger, 1, `//old/${i}`, 1000 * MS), aCounted(1000), 1000 * MS);
    }
    ledger.takeDue(1000 * MS);
    ledger.count(windowIn(ledger, 1, "//new/one", 9000 * MS), aCounted(9000), 9000 * MS);
    expect(ledger.takeDue(9000 * MS).map(({ share }) => share)).toEqual(["//new/one"]);
  });

  test("a share with a pending anomaly keeps its slot", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < LEDGER_SHARES_MAX; i++) {
      ledger.count(windowIn(ledger, 1, `//old/${i}`, 1000 * MS), aCounted(1000), 1000 * MS);
    }
    expect(ledger.ofShare("//new/one", 9000 * MS)).toBe(ledger.ofShare(OTHER_SHARES, 9000 * MS));
    expect(ledger.takeDue(9000 * MS)).toHaveLength(LEDGER_SHARES_MAX);
  });
});
