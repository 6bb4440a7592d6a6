// Measures the detector in memory, without the kernel: one slow reply through many rules and shares, and one scan of a
// full request table, healthy and with many requests in flight.

import { Compounds } from "../../src/detector/compounds.ts";
import { Detector } from "../../src/detector/detector.ts";
import { Ledger } from "../../src/detector/ledger.ts";
import { RequestsInFlight } from "../../src/detector/requests-in-flight.ts";
import { TABLE_WITNESS, type Witness } from "../../src/detector/witness.ts";
import { OperationMemory } from "../../src/model/operation.ts";
import { GEOMETRY, OPERATION, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { type Request, RequestMemory, writeRequest } from "../../src/model/request.ts";
import type { Rule } from "../../src/model/rule.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { TableScan } from "../../src/table/walk-open.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable } from "../helpers/request-table.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";
import { percentile, printRow, sized } from "./row.ts";

const SHARES = 200;
const EVENTS = 2000;
const LINES = GEOMETRY.SETS * GEOMETRY.SET_LINES;
const ROUNDS = sized(50, 2);
const WARM_UP_ROUNDS = sized(20, 1);
/** A CLOCK_MONOTONIC of 12 days. */
const NOW_NS = 1e15;

/** Knows each share by its tree, like the witness of the kernel after its first reading. */
const names = Array.from({ length: SHARES }, (_, treeId) => `//server/share${treeId}`);
const witness: Witness = { ...TABLE_WITNESS, shareOf: ({ treeId }) => names[treeId] ?? "unknown" };

/** Median µs of one operation. @param prepare is not timed; it makes what `run` takes. */
function measure<Input>(operations: number, prepare: () => Input, run: (input: Input) => void): number {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const input = prepare();
    const begin = monotonicNs();
    run(input);
    if (round >= WARM_UP_ROUNDS) times.push((monotonicNs() - begin) / operations / 1e3);
  }
  return percentile(times, 0.5);
}

/** Replies of 20 ms, one every 50 µs, on this many shares in turn. */
function detecting(rules: readonly Rule[], shares = SHARES): number {
  const tables = {
    table: new RequestMemory(aTable([], REQUEST_BYTES)),
    operations: new OperationMemory(new ArrayBuffer(OPERATION.BYTES)),
  };
  const detector = new Detector(rules, tables, witness, NOW_NS);
  const view = new DataView(new ArrayBuffer(EVENTS * REQUEST_BYTES));
  const records = new RequestMemory(view.buffer);
  const reply = aRequest({ latencyMs: 20 });
  let now = NOW_NS;
  const send = (): void => {
    detector.takeDue(now);
    for (let i = 0; i < EVENTS; i++) {
      now += 50_000;
      const startNs = BigInt(now - reply.latencyNs);
      const request = { ...reply, startNs, messageId: startNs, treeId: i % shares };
      writeRequest(view, i * REQUEST_BYTES, request);
    }
  };
  return measure(EVENTS, send, () => {
    for (let at = 0; at < view.byteLength; at += REQUEST_BYTES) detector.take(records, at, now);
  });
}

/** A full table of healthy requests, of which this many are in flight for 5 ms, spread evenly. */
function tableWithOpen(open: number): RequestMemory {
  const every = open === 0 ? Infinity : Math.floor(LINES / open);
  const line = (index: number): Request =>
    aRequest({ startNs: BigInt(NOW_NS - 5e6 - index), latencyMs: index % every === every - 1 ? 0 : 1 });
  return new RequestMemory(aTable(Array.from({ length: LINES }, (_, index) => line(index))));
}

function walking(open: number): number {
  const scan = new TableScan(tableWithOpen(open));
  let youngestNs = Infinity;
  return measure(
    1,
    () => undefined,
    () =>
      scan.walk(NOW_NS, (_, startNs) => {
        youngestNs = Math.min(youngestNs, NOW_NS - startNs);
      }),
  );
}

/** Scans requests in flight that are overdue, have been counted, and wait for their emergency limit. */
function scanning(rules: readonly Rule[], open: number): number {
  const inFlight = new RequestsInFlight(tableWithOpen(open), witness, new Compounds());
  const ledger = new Ledger(rules);
  let now = NOW_NS;
  const nextScan = (): number => {
    now += 1e6;
    return now;
  };
  return measure(1, nextScan, (nowNs) => inFlight.scan(ledger, nowNs));
}

/** Of 50 rules, this many count a reply of 20 ms. */
function rulesOf(counting: number): Rule[] {
  return Array.from({ length: 50 }, (_, i) => {
    const parts = { name: `rule-${i}`, acceptableCount: 10 + i };
    if (i < counting) return aLatencyRule({ ...parts, slowMs: 10 });
    return i % 2 === 0 ? aLatencyRule({ ...parts, slowMs: 50 }) : anErrorRule(parts);
  });
}

const unit = "µs";

for (const counting of [1, 5, 50]) {
  const what = `one slow reply on one of ${SHARES} shares, 50 rules, ${counting} count it`;
  printRow({ what, measured: detecting(rulesOf(counting)), unit, goal: "≤ 2" });
}
printRow({
  what: "the same on one share, 50 count it",
  measured: detecting(rulesOf(50), 1),
  unit,
  reference: `50 windows in turn in place of ${(50 * SHARES).toLocaleString("en")}`,
});
for (const open of [0, 1000]) {
  const what = `walking the full request table, ${open} in flight`;
  printRow({ what, measured: walking(open), unit });
}
printRow({ what: "a scan, 1000 overdue, 50 rules", measured: scanning(rulesOf(1), 1000), unit });
