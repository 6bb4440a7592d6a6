import { describe, expect, test } from "bun:test";
import { HangMarks } from "../../src/detector/hang-marks.ts";
import { Ledger } from "../../src/detector/ledger.ts";
import type { Counted } from "../../src/detector/recent-requests.ts";
import type { RuleWindow } from "../../src/detector/rule-window.ts";
import { aRequest } from "../helpers/request.ts";
import { aStuckRule } from "../helpers/rule.ts";

const MS = 1e6;
const SHARE = "//server/share";
const RULES = [aStuckRule({ name: "a" }), aStuckRule({ name: "b" })];

function aHang(startMs: number, nowMs: number): Counted {
  const request = aRequest({ startMs, latencyMs: 0 });
  return { request, timeNs: nowMs * MS, latencyNs: (nowMs - startMs) * MS };
}

function windowOf(ledger: Ledger, rule: number): RuleWindow {
  const ruleWindow = ledger.ofShare(SHARE, 0).of(rule, "cp");
  if (ruleWindow === undefined) throw new Error(`rule ${rule} does not cover ${SHARE}`);
  return ruleWindow;
}

function reportedBy(ledger: Ledger, nowMs: number): string[] {
  return ledger.takeDue(nowMs * MS).map(({ rule, kind }) => `${rule} ${kind}`);
}

describe("HangMarks", () => {
  test("a hang that begins is reported by its rule alone", () => {
    const ledger = new Ledger(RULES);
    const hangs = new HangMarks();
    expect(hangs.isHanging).toBe(false);
    hangs.begin(1, windowOf(ledger, 1), aHang(1000, 6000), ledger, 6000 * MS);
    expect(hangs.isHanging).toBe(true);
    expect(reportedBy(ledger, 6000)).toEqual(["b hung"]);
  });

  test("a hang goes on only in the windows in which it began, and is reported again at twice its age", () => {
    const ledger = new Ledger(RULES);
    const hangs = new HangMarks();
    hangs.begin(0, windowOf(ledger, 0), aHang(1000, 6000), ledger, 6000 * MS);
    expect(reportedBy(ledger, 6000)).toEqual(["a hung"]);
    expect(hangs.goOn(1, aHang(1000, 11_000), ledger, 11_000 * MS)).toBe(false);
    expect(hangs.goOn(0, aHang(1000, 10_999), ledger, 10_999 * MS)).toBe(true);
    expect(reportedBy(ledger, 10_999)).toEqual([]);
    expect(hangs.goOn(0, aHang(1000, 11_000), ledger, 11_000 * MS)).toBe(true);
    expect(reportedBy(ledger, 11_000)).toEqual(["a hung"]);
  });

  test("a release ends the hang in every window, once", () => {
    const ledger = new Ledger(RULES);
    const hangs = new HangMarks();
    for (const rule of [0, 1])
      hangs.begin(rule, windowOf(ledger, rule), aHang(1000, 6000), ledger, 6000 * MS);
    ledger.takeDue(6000 * MS);
    hangs.release(ledger, 7000 * MS, true);
    expect(hangs.isHanging).toBe(false);
    expect(ledger.takeRecovered()).toMatchObject([
      { rule: "a", count: 1, abandoned: 1, longestNs: 6000 * MS },
      { rule: "b", count: 1, abandoned: 1, longestNs: 6000 * MS },
    ]);
    hangs.release(ledger, 8000 * MS, true);
    expect(ledger.takeRecovered()).toEqual([]);
  });

  test("two hangs in one window are counted as two", () => {
    const ledger = new Ledger(RULES);
    const [one, other] = [new HangMarks(), new HangMarks()];
    for (const hangs of [one, other])
      hangs.begin(0, windowOf(ledger, 0), aHang(1000, 6000), ledger, 6000 * MS);
    expect(ledger.takeDue(6000 * MS)).toMatchObject([{ kind: "hung", standing: { count: 2 } }]);
    one.release(ledger, 7000 * MS, false);
    expect(ledger.takeRecovered()).toEqual([]);
    other.release(ledger, 7000 * MS, false);
    expect(ledger.takeRecovered()).toMatchObject([{ count: 2 }]);
  });

  test("other rules of the same name adopt a hang without another report, and report its end", () => {
    const before = new Ledger(RULES);
    const hangs = new HangMarks();
    const { request } = aHang(1000, 6000);
    hangs.begin(1, windowOf(before, 1), aHang(1000, 6000), before, 6000 * MS);
    before.takeDue(6000 * MS);
    const after = new Ledger([aStuckRule({ name: "b" }), aStuckRule({ name: "new" })]);
    hangs.adopt([1, -1], request, (rule) => windowOf(after, rule));
    expect(hangs.goOn(0, aHang(1000, 6001), after, 6001 * MS)).toBe(true);
    expect(hangs.goOn(1, aHang(1000, 6001), after, 6001 * MS)).toBe(false);
    expect(reportedBy(after, 6001)).toEqual([]);
    hangs.release(after, 7000 * MS, false);
    expect(after.takeRecovered()).toMatchObject([{ rule: "b", count: 1, abandoned: 0 }]);
  });

  test("a hang ends without a report if no other rule covers it", () => {
    const before = new Ledger(RULES);
    const hangs = new HangMarks();
    hangs.begin(0, windowOf(before, 0), aHang(1000, 6000), before, 6000 * MS);
    const after = new Ledger(RULES);
    hangs.adopt([0, 1], aHang(1000, 6000).request, () => undefined);
    expect(hangs.isHanging).toBe(false);
    hangs.release(after, 7000 * MS, false);
    expect(after.takeRecovered()).toEqual([]);
  });
});
