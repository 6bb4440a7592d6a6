import { describe, expect, test } from "bun:test";
import { SCAN_EVERY_NS, ScanSchedule, SETTLE_NS } from "../../src/detector/scan-schedule.ts";
import { seeded } from "../helpers/random.ts";

const MS = 1e6;
const NOTHING = { slowDueNs: Infinity, exactDueNs: Infinity };

/** A schedule that has just noted its first scan at `nowNs`, with requests in flight. */
function watching(lowestLimitNs: number, nowNs: number): ScanSchedule {
  const schedule = new ScanSchedule(lowestLimitNs);
  schedule.noteScan(nowNs, nowNs);
  return schedule;
}

/** Scans whenever a scan is due, until it sleeps; nothing is sent. */
function fallAsleep(schedule: ScanSchedule): number {
  let looks = 0;
  for (let next = schedule.nextScanNs(NOTHING); next !== Infinity; next = schedule.nextScanNs(NOTHING)) {
    schedule.noteScan(0, next);
    if (++looks > 10) throw new Error("does not sleep");
  }
  return looks;
}

describe("ScanSchedule", () => {
  test("the first scan is due at once, and so is the one after a reload", () => {
    const schedule = new ScanSchedule(10 * MS);
    expect(schedule.nextScanNs(NOTHING)).toBe(-Infinity);
    schedule.noteScan(0, 1e9);
    schedule.configure(10 * MS);
    expect(schedule.nextScanNs(NOTHING)).toBe(-Infinity);
  });

  test("it sleeps without a deadline while nothing is sent, after asking for a wake record", () => {
    const schedule = watching(10 * MS, 1e9);
    const quiet = schedule.nextScanNs(NOTHING);
    schedule.noteScan(0, quiet);
    expect(schedule.wantsWake).toBe(true);
    expect(schedule.nextScanNs(NOTHING)).toBe(quiet + SETTLE_NS);
    schedule.noteScan(0, quiet + SETTLE_NS);
    expect(schedule.wantsWake).toBe(false);
    expect(schedule.nextScanNs(NOTHING)).toBe(Infinity);
  });

  test("a request that the last scan before the sleep finds keeps it awake", () => {
    const schedule = watching(10 * MS, 1e9);
    const quiet = schedule.nextScanNs(NOTHING);
    schedule.noteScan(0, quiet);
    schedule.noteScan(quiet + 1, quiet + SETTLE_NS);
    expect(schedule.nextScanNs(NOTHING)).toBeLessThan(Infinity);
    expect(schedule.wantsWake).toBe(false);
  });

  test("a scan before the settling time is over does not end it", () => {
    const schedule = watching(10 * MS, 1e9);
    const quiet = schedule.nextScanNs(NOTHING);
    schedule.noteScan(0, quiet);
    schedule.noteScan(0, quiet + 2 * MS);
    expect(schedule.wantsWake).toBe(true);
    expect(schedule.nextScanNs(NOTHING)).toBe(quiet + SETTLE_NS);
  });

  test("a record wakes it, and the next scan is when that request may matter", () => {
    const schedule = watching(200 * MS, 1e9);
    fallAsleep(schedule);
    schedule.noteRecords(9e9);
    expect(schedule.nextScanNs(NOTHING)).toBe(9e9 + 200 * MS);
  });

  test("a scan that must be on time is on time, asleep or not", () => {
    const schedule = watching(10 * MS, 1e9);
    expect(schedule.nextScanNs({ slowDueNs: Infinity, exactDueNs: 1e9 + 7 })).toBe(1e9 + 7);
    fallAsleep(schedule);
    expect(schedule.nextScanNs({ slowDueNs: Infinity, exactDueNs: 5e9 })).toBe(5e9);
    expect(schedule.nextScanNs({ slowDueNs: 6e9, exactDueNs: Infinity })).toBe(6e9);
  });

  test("a scan that may wait is late by the distance of scans at most", () => {
    const schedule = watching(10 * MS, 1e9);
    expect(schedule.nextScanNs({ slowDueNs: 1e9 + 1, exactDueNs: Infinity })).toBe(1e9 + SCAN_EVERY_NS);
  });

  test("no later request can matter before the next scan", () => {
    const schedule = watching(300 * MS, 1e9);
    expect(schedule.nextScanNs(NOTHING)).toBe(1e9 + 300 * MS);
  });

  test("scans that could not wait do not delay the others for ever", () => {
    const schedule = watching(10 * MS, 1e9);
    let now = 1e9;
    for (let i = 0; i < 1000; i++) {
      now += MS;
      schedule.noteScan(now, now);
    }
    expect(schedule.nextScanNs(NOTHING) - now).toBeLessThanOrEqual(3 * SCAN_EVERY_NS);
  });

  test("a healthy load wakes it 20 times a second at most", () => {
    const random = seeded();
    for (let round = 0; round < 50; round++) {
      const schedule = watching(10 * MS, 0);
      const meanGapNs = random.int(1, 400) * MS;
      const endNs = 60e9;
      let now = 0;
      let newest = 0;
      let wakeUps = 0;
      let isWordSet = false;
      for (let sent = random.int(0, meanGapNs); now < endNs; ) {
        const scan = schedule.nextScanNs(NOTHING);
        const wakes = isWordSet && sent <= scan;
        if (sent <= scan) {
          newest = sent;
          now = sent;
          sent += random.int(0, 2 * meanGapNs);
          if (!wakes) continue;
          isWordSet = false;
          schedule.noteRecords(now);
        } else {
          now = scan;
          schedule.noteScan(newest, now);
        }
        wakeUps += 1;
        isWordSet ||= schedule.wantsWake;
      }
      expect(wakeUps, `${random.seedText} gap ${meanGapNs / MS} ms`).toBeLessThanOrEqual(
        20 * (endNs / 1e9) + 3,
      );
    }
  });
});
