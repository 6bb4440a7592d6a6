import { describe, expect, test } from "bun:test";
import { OngoingHangs } from "../../src/detector/ongoing-hangs.ts";
import { EVIDENCE_MAX } from "../../src/model/anomaly.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";

const SEC = 1e9;
const since = (sec: number) => aRequest({ startMs: sec * 1000, latencyMs: 0 });

describe("OngoingHangs", () => {
  test("the first hang is news, and a reported one is not", () => {
    const hanging = new OngoingHangs(1);
    hanging.add({}, since(10));
    expect(hanging.isNews(15 * SEC)).toBe(true);
    hanging.noteReported(15 * SEC);
    expect(hanging.isNews(16 * SEC)).toBe(false);
  });

  test("twice as many hangs are news, and so is twice the age of the oldest", () => {
    const hanging = new OngoingHangs(1);
    for (let i = 0; i < 3; i++) hanging.add({}, since(10));
    hanging.noteReported(15 * SEC);
    for (let i = 0; i < 2; i++) hanging.add({}, since(11));
    expect(hanging.isNews(19 * SEC)).toBe(false);
    hanging.add({}, since(11));
    expect(hanging.isNews(19 * SEC)).toBe(true);
    hanging.noteReported(19 * SEC);
    expect(hanging.isNews(27 * SEC)).toBe(false);
    expect(hanging.isNews(28 * SEC)).toBe(true);
  });

  test("fewer hangs than the rule wants at one time are not news", () => {
    const hanging = new OngoingHangs(3);
    const who = {};
    for (const one of [who, {}]) hanging.add(one, since(10));
    expect(hanging.isNews(99 * SEC)).toBe(false);
    hanging.remove(who, 100 * SEC, false);
    hanging.add({}, since(10));
    expect(hanging.isNews(101 * SEC)).toBe(false);
    hanging.add({}, since(10));
    expect(hanging.isNews(101 * SEC)).toBe(true);
  });

  test("the end is reported once, and only for a hang that was reported", () => {
    const hanging = new OngoingHangs(1);
    const [a, b] = [{}, {}];
    hanging.add(a, since(10));
    hanging.remove(a, 12 * SEC, false);
    expect(hanging.takeRecovery()).toBeUndefined();
    hanging.add(a, since(20));
    hanging.add(b, since(22));
    hanging.noteReported(25 * SEC);
    hanging.remove(a, 30 * SEC, true);
    expect(hanging.takeRecovery()).toBeUndefined();
    hanging.remove(b, 31 * SEC, false);
    expect(hanging.takeRecovery()).toEqual({
      count: 2,
      abandoned: 1,
      longestNs: 10 * SEC,
      endedNs: 31 * SEC,
    });
    expect(hanging.takeRecovery()).toBeUndefined();
  });

  test("the figures equal those of a plain count, in whatever order hangs begin and end", () => {
    const random = seeded();
    const hanging = new OngoingHangs(1);
    const plain = new Map<object, number>();
    for (let now = 1; now < 500; now++) {
      if (random.chance(0.6)) {
        const who = {};
        const start = random.int(0, now);
        plain.set(who, start);
        hanging.add(who, since(start));
      } else {
        const [who = {}] = plain.keys();
        plain.delete(who);
        hanging.remove(who, now * SEC, false);
      }
      const expected =
        plain.size === 0
          ? undefined
          : { count: plain.size, oldestNs: now * SEC - Math.min(...plain.values()) * SEC };
      expect(hanging.standing(now * SEC), random.seedText).toEqual(expected);
      expect(hanging.evidence.length, random.seedText).toBe(Math.min(plain.size, EVIDENCE_MAX));
    }
  });
});
