import { describe, expect, test } from "bun:test";
import { Ledger, OTHER_SHARES, SHARES_MAX } from "../../src/detector/ledger.ts";
import type { Counted } from "../../src/detector/recent.ts";
import { endNs } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";

const MS = 1e6;

function aCounted(endMs: number): Counted {
  const request = aRequest({ startMs: endMs - 20, latencyMs: 20 });
  return { request, timeNs: endNs(request), latencyNs: request.latencyNs };
}

describe("Ledger", () => {
  const rules = [
    aLatencyRule({ name: "a", acceptableCount: 2 }),
    anErrorRule({ name: "b", acceptableCount: 1 }),
  ];

  test("counts for each rule and each share apart", () => {
    const ledger = new Ledger(rules);
    ledger.count(ledger.ofShare("//s/one", 0).of(0), aCounted(1000), 1000 * MS);
    ledger.count(ledger.ofShare("//s/two", 0).of(0), aCounted(1001), 1001 * MS);
    expect(ledger.say(1001 * MS)).toEqual([]);
    ledger.count(ledger.ofShare("//s/one", 0).of(1), aCounted(1002), 1002 * MS);
    ledger.count(ledger.ofShare("//s/two", 0).of(0), aCounted(1003), 1003 * MS);
    expect(ledger.say(1003 * MS).map(({ rule, share, kind }) => [rule, share, kind])).toEqual([
      ["b", "//s/one", "error"],
      ["a", "//s/two", "slow"],
    ]);
  });

  test("wants to be asked again when what it holds back is due", () => {
    const ledger = new Ledger(rules);
    const track = ledger.ofShare("//s/one", 0).of(1);
    expect(ledger.nextSayNs).toBe(Infinity);
    ledger.count(track, aCounted(1000), 1000 * MS);
    expect(ledger.nextSayNs).toBeLessThanOrEqual(1000 * MS);
    ledger.say(1000 * MS);
    expect(ledger.nextSayNs).toBe(Infinity);
    ledger.count(track, aCounted(1001), 1001 * MS);
    expect(ledger.nextSayNs).toBe(1100 * MS);
    expect(ledger.sayAll()).toHaveLength(1);
    expect(ledger.nextSayNs).toBe(Infinity);
  });

  test("one share too many is counted with the others", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < SHARES_MAX + 5; i++) {
      ledger.count(ledger.ofShare(`//s/${i}`, 1000 * MS).of(1), aCounted(1000), 1000 * MS);
    }
    const said = ledger.say(1000 * MS);
    expect(said).toHaveLength(SHARES_MAX + 1);
    expect(said.at(-1)).toMatchObject({ share: OTHER_SHARES, count: 5 });
  });

  test("shares that are quiet give their places away", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < SHARES_MAX; i++) {
      ledger.count(ledger.ofShare(`//old/${i}`, 1000 * MS).of(1), aCounted(1000), 1000 * MS);
    }
    ledger.say(1000 * MS);
    ledger.count(ledger.ofShare("//new/one", 9000 * MS).of(1), aCounted(9000), 9000 * MS);
    expect(ledger.say(9000 * MS).map(({ share }) => share)).toEqual(["//new/one"]);
  });

  test("a share that has something to say keeps its place", () => {
    const ledger = new Ledger(rules);
    for (let i = 0; i < SHARES_MAX; i++) {
      ledger.count(ledger.ofShare(`//old/${i}`, 1000 * MS).of(1), aCounted(1000), 1000 * MS);
    }
    expect(ledger.ofShare("//new/one", 9000 * MS)).toBe(ledger.ofShare(OTHER_SHARES, 9000 * MS));
    expect(ledger.say(9000 * MS)).toHaveLength(SHARES_MAX);
  });
});
