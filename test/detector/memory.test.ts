// Memory is bounded by the configuration, not by the traffic: ten million events of ever new shares and tasks.

import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { Compounds } from "../../src/detector/compounds.ts";
import { Ledger } from "../../src/detector/ledger.ts";
import { COMMAND } from "../../src/model/command.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule, anErrorRule, aStuckRule } from "../helpers/rule.ts";

const EVENTS = 10_000_000;
/** The difference that garbage and compiled code may cause. */
const SLACK_BYTES = 8 << 20;

function heapBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

test("ten million events of ever new shares and tasks take no more memory than one million", () => {
  const random = seeded();
  const rules = [
    aLatencyRule({ acceptableCount: 1000 }),
    anErrorRule({ rate: { acceptableShare: 0.5, minReplies: 100 } }),
    aStuckRule(),
  ];
  const ledger = new Ledger(rules);
  const compounds = new Compounds();
  const request = aRequest({ latencyMs: 20, command: COMMAND.SMB2_CREATE });
  let bytesAfterTenth = 0;
  let anomalies = 0;
  for (let i = 0; i < EVENTS; i++) {
    const nowNs = 1e12 + i * 10_000;
    const windows = ledger.ofShare(`//server/${i >> 12}`, nowNs);
    const ruleWindow = windows.of(i % 2, "cp");
    if (ruleWindow !== undefined) ledger.count(ruleWindow, { request, timeNs: nowNs, latencyNs: 1 }, nowNs);
    if (i % 16 === 0) {
      compounds.marksOf({ ...request, taskId: i }, rules.length);
      const stuck = windows.of(2, "cp");
      const who = {};
      if (stuck !== undefined) {
        ledger.hang(stuck, who, { request, timeNs: nowNs, latencyNs: 1 }, nowNs);
        if (random.chance(0.99)) ledger.release(stuck, who, nowNs, false);
        else ledger.release(stuck, who, nowNs + 1, true);
      }
    }
    if (i % 1000 === 0) {
      anomalies += ledger.takeDue(nowNs).length;
      ledger.takeRecovered();
    }
    if (i === EVENTS / 10) bytesAfterTenth = heapBytes();
  }
  expect(anomalies, random.seedText).toBeGreaterThan(0);
  expect(heapBytes() - bytesAfterTenth, random.seedText).toBeLessThan(SLACK_BYTES);
}, 120_000);
