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

function trackIn(ledger: Ledger, rule: number, share: string, nowNs: number): RuleWindow {
  const ruleWindow = ledger.ofShare(share, nowNs).of(rule, "postgres");
  if (ruleWindow === undefined) throw new Error(`rule ${rule} does not look at ${share}`);
  return ruleWindow;
}

describe("Ledger", () => {
  const rules = [
    aLatencyRule({ name: "a", acceptableCount: 2 }),
    anErrorRule({ name: "b", acceptableCount: 1 }),
  ];

  test("counts trouble of IPC$ for its server", () => {
    const ledger = new Ledger(rules);
    ledger.count(trackIn(ledger, 1, "//s/IPC$", 0), aCounted(1000), 1000 * MS);
    expect(ledger.takeDue(1000 * MS).map(({ share }) => share)).toEqual(["//s"]);
  });

  test("counts for each rule and each share apart", () => {
    const ledger = new Ledger(rules);
    ledger.count(trackIn(ledger, 0, "//s/one", 0), aCounted(1000), 1000 * MS);
    ledger.count(trackIn(ledger, 0, "//s/two", 0), aCounted(1001), 1001 * MS);
    expect(ledger.takeDue(1001 * MS)).toEqual([]);
    ledger.count(trackIn(ledger, 1, "//s/one", 0), aCounted(1002), 1002 * MS);
    ledger.count(trackIn(ledger, 0, "//s/two", 0), aCounted(1003), 1003 * MS);
    expect(ledger.takeDue(1003 * MS).map(({ rule, share, kind }) => [rule, share, kind])).toEqual([
      ["b", "//s/one", "error"],
      ["a", "//s/two", "slow"],
    ]);
  });

  test("wants to be asked again when what it holds back is due", () => {
    const ledger = new Ledger(rules);
    const ruleWindow = trackIn(ledger, 1, "//s/one", 0);
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

  test("a rule that is narrowed to shares or processes has no track elsewhere", () => {
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

  test("inputs again whether a rule looks at a share when a DFS path leads to it", () => {
    let paths: readonly string[] = [];
    const rules = [aLatencyRule({ match: { share: "//corp.example/*", process: undefined } })];
    const narrowed = new Ledger(rules, { dfsPathsOf: () => paths });
    expect(narrowed.ofShare("//leaf1/data", 0).admits(0, "cp")).toBe(false);
    paths = ["//corp.example/dfs/data"];
    expect(narrowed.ofShare("//leaf1/data", 0).admits(0, "cp")).toBe(true);
  });

  test("says what hung has recovered, when it was said to hang, and once", () => {
    const ledger = new Ledger([aStuckRule()]);
    const ruleWindow = trackIn(ledger, 0, "//s/one", 0);
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
        ...{ rule: "stuck", share: "//s/one", count: 2, abandoned: 1, unreported: 0 },
        ...{ longestNs: 2020 * MS, endedNs: 8000 * MS },
      },
    ]);
    expect(ledger.takeRecovered()).toEqual([]);
  });

  test("one share too many is counted with the others", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < LEDGER_SHARES_MAX + 5; i++) {
      ledger.count(trackIn(ledger, 1, `//s/${i}`, 1000 * MS), aCounted(1000), 1000 * MS);
    }
    const said = ledger.takeDue(1000 * MS);
    expect(said).toHaveLength(LEDGER_SHARES_MAX + 1);
    expect(said.at(-1)).toMatchObject({ share: OTHER_SHARES, count: 5 });
  });

  test("shares that are quiet give their places away", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < LEDGER_SHARES_MAX; i++) {
      ledger.count(trackIn(ledger, 1, `//old/${i}`, 1000 * MS), aCounted(1000), 1000 * MS);
    }
    ledger.takeDue(1000 * MS);
    ledger.count(trackIn(ledger, 1, "//new/one", 9000 * MS), aCounted(9000), 9000 * MS);
    expect(ledger.takeDue(9000 * MS).map(({ share }) => share)).toEqual(["//new/one"]);
  });

  test("a share that has something to say keeps its place", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < LEDGER_SHARES_MAX; i++) {
      ledger.count(trackIn(ledger, 1, `//old/${i}`, 1000 * MS), aCounted(1000), 1000 * MS);
    }
    expect(ledger.ofShare("//new/one", 9000 * MS)).toBe(ledger.ofShare(OTHER_SHARES, 9000 * MS));
    expect(ledger.takeDue(9000 * MS)).toHaveLength(LEDGER_SHARES_MAX);
  });
});
