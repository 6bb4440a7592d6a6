import { describe, expect, test } from "bun:test";
import { LOOK_EVERY_NS, Rhythm, SETTLE_NS } from "../../src/detector/rhythm.ts";
import { seeded } from "../helpers/random.ts";

const MS = 1e6;
const NOTHING = { slowDueNs: Infinity, exactDueNs: Infinity };

/** One that has just looked at `nowNs` for the first time, with requests about. */
function watching(lowestLimitNs: number, nowNs: number): Rhythm {
  const rhythm = new Rhythm(lowestLimitNs);
  rhythm.noteLook(nowNs, nowNs);
  return rhythm;
}

/** Looks whenever it is time to, until it sleeps; nothing is sent. */
function fallAsleep(rhythm: Rhythm): number {
  let looks = 0;
  for (let next = rhythm.nextLookNs(NOTHING); next !== Infinity; next = rhythm.nextLookNs(NOTHING)) {
    rhythm.noteLook(0, next);
    if (++looks > 10) throw new Error("does not sleep");
  }
  return looks;
}

describe("Rhythm", () => {
  test("looks at once at first, and after a reload", () => {
    const rhythm = new Rhythm(10 * MS);
    expect(rhythm.nextLookNs(NOTHING)).toBe(-Infinity);
    rhythm.noteLook(0, 1e9);
    rhythm.configure(10 * MS);
    expect(rhythm.nextLookNs(NOTHING)).toBe(-Infinity);
  });

  test("sleeps without a deadline when nothing is sent, and asks for a wake record before", () => {
    const rhythm = watching(10 * MS, 1e9);
    const quiet = rhythm.nextLookNs(NOTHING);
    rhythm.noteLook(0, quiet);
    expect(rhythm.wantsWake).toBe(true);
    expect(rhythm.nextLookNs(NOTHING)).toBe(quiet + SETTLE_NS);
    rhythm.noteLook(0, quiet + SETTLE_NS);
    expect(rhythm.wantsWake).toBe(false);
    expect(rhythm.nextLookNs(NOTHING)).toBe(Infinity);
  });

  test("a request that the last look before sleeping finds keeps it awake", () => {
    const rhythm = watching(10 * MS, 1e9);
    const quiet = rhythm.nextLookNs(NOTHING);
    rhythm.noteLook(0, quiet);
    rhythm.noteLook(quiet + 1, quiet + SETTLE_NS);
    expect(rhythm.nextLookNs(NOTHING)).toBeLessThan(Infinity);
    expect(rhythm.wantsWake).toBe(false);
  });

  test("a look that comes before the settling time is over does not end it", () => {
    const rhythm = watching(10 * MS, 1e9);
    const quiet = rhythm.nextLookNs(NOTHING);
    rhythm.noteLook(0, quiet);
    rhythm.noteLook(0, quiet + 2 * MS);
    expect(rhythm.wantsWake).toBe(true);
    expect(rhythm.nextLookNs(NOTHING)).toBe(quiet + SETTLE_NS);
  });

  test("a record wakes it; the next look is when that request may be of interest", () => {
    const rhythm = watching(200 * MS, 1e9);
    fallAsleep(rhythm);
    rhythm.noteRecords(9e9);
    expect(rhythm.nextLookNs(NOTHING)).toBe(9e9 + 200 * MS);
  });

  test("what may not wait is looked at exactly then, asleep or not", () => {
    const rhythm = watching(10 * MS, 1e9);
    expect(rhythm.nextLookNs({ slowDueNs: Infinity, exactDueNs: 1e9 + 7 })).toBe(1e9 + 7);
    fallAsleep(rhythm);
    expect(rhythm.nextLookNs({ slowDueNs: Infinity, exactDueNs: 5e9 })).toBe(5e9);
    expect(rhythm.nextLookNs({ slowDueNs: 6e9, exactDueNs: Infinity })).toBe(6e9);
  });

  test("what may wait does, but no longer than looks are apart", () => {
    const rhythm = watching(10 * MS, 1e9);
    expect(rhythm.nextLookNs({ slowDueNs: 1e9 + 1, exactDueNs: Infinity })).toBe(1e9 + LOOK_EVERY_NS);
  });

  test("no request of a later time can be of interest before the next look", () => {
    const rhythm = watching(300 * MS, 1e9);
    expect(rhythm.nextLookNs(NOTHING)).toBe(1e9 + 300 * MS);
  });

  test("looks that could not wait do not put off the others for ever", () => {
    const rhythm = watching(10 * MS, 1e9);
    let now = 1e9;
    for (let i = 0; i < 1000; i++) {
      now += MS;
      rhythm.noteLook(now, now);
    }
    expect(rhythm.nextLookNs(NOTHING) - now).toBeLessThanOrEqual(3 * LOOK_EVERY_NS);
  });

  test("a healthy load wakes it 20 times a second at most, however its requests fall", () => {
    const random = seeded();
    for (let round = 0; round < 50; round++) {
      const rhythm = watching(10 * MS, 0);
      const meanGapNs = random.int(1, 400) * MS;
      const endNs = 60e9;
      let now = 0;
      let newest = 0;
      let wakeUps = 0;
      let isWordSet = false;
      for (let sent = random.int(0, meanGapNs); now < endNs; ) {
        const look = rhythm.nextLookNs(NOTHING);
        const wakes = isWordSet && sent <= look;
        if (sent <= look) {
          newest = sent;
          now = sent;
          sent += random.int(0, 2 * meanGapNs);
          if (!wakes) continue;
          isWordSet = false;
          rhythm.noteRecords(now);
        } else {
          now = look;
          rhythm.noteLook(newest, now);
        }
        wakeUps += 1;
        isWordSet ||= rhythm.wantsWake;
      }
      expect(wakeUps, `${random.seedText} gap ${meanGapNs / MS} ms`).toBeLessThanOrEqual(
        20 * (endNs / 1e9) + 3,
      );
    }
  });
});
