import { describe, expect, test } from "bun:test";
import type { Counted } from "../../src/detector/recent.ts";
import { MERGE_NS, Track } from "../../src/detector/track.ts";
import { endNs } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule } from "../helpers/rule.ts";

const MS = 1e6;
const SHARE = "//server/share";

function aCounted(endMs: number, latencyMs = 20): Counted {
  const request = aRequest({ startMs: endMs - latencyMs, latencyMs });
  return { request, timeNs: endNs(request), latencyNs: request.latencyNs };
}

/** Counts, and trips where the window is full. */
function feed(track: Track, counted: Counted): void {
  if (track.count(counted)) track.tripFull(counted, counted.timeNs);
}

describe("Track", () => {
  const rule = aLatencyRule({ acceptableCount: 2, windowMs: 1000 });

  test("says the first anomaly at once, and what follows when 100 ms are over", () => {
    const track = new Track(rule, SHARE);
    feed(track, aCounted(1000));
    feed(track, aCounted(1001, 30));
    expect(track.say(1001 * MS).map(({ count, worstNs }) => [count, worstNs])).toEqual([[2, 30 * MS]]);
    feed(track, aCounted(1010, 50));
    feed(track, aCounted(1020));
    expect(track.say(1020 * MS)).toEqual([]);
    expect(track.nextSayNs).toBe(1001 * MS + MERGE_NS);
    const [merged, ...rest] = track.say(1101 * MS);
    expect(rest).toEqual([]);
    expect(merged).toMatchObject({ kind: "slow", count: 2, worstNs: 50 * MS, occurredNs: 1010 * MS });
    expect(track.nextSayNs).toBe(Infinity);
  });

  test("a worse kind is not held back by a milder one, and is said first", () => {
    const track = new Track(rule, SHARE);
    feed(track, aCounted(1000));
    feed(track, aCounted(1001));
    track.say(1001 * MS);
    feed(track, aCounted(1002));
    const hung = aCounted(1003, 900);
    track.hang({}, hung, 1003 * MS);
    expect(track.say(1003 * MS).map(({ kind }) => kind)).toEqual(["hung"]);
    track.hang({}, hung, 1004 * MS);
    expect(track.say(2000 * MS).map(({ kind }) => kind)).toEqual(["hung", "slow"]);
  });

  test("an emergency shows the requests that tripped it, not all that counted", () => {
    const track = new Track(rule, SHARE);
    track.count(aCounted(1000));
    const worst = aCounted(1100, 900);
    track.count(worst);
    track.trip(worst, 1100 * MS);
    expect(track.say(1100 * MS)).toMatchObject([{ kind: "emergency", count: 2, evidence: [worst.request] }]);
  });

  test("what is merged is dated by its first, and is not said twice", () => {
    const track = new Track(rule, SHARE);
    const [first, second, third] = [aCounted(1000, 900), aCounted(1050, 950), aCounted(3000, 900)];
    track.trip(first, 1000 * MS);
    track.trip(second, 1050 * MS);
    expect(track.say(1050 * MS)).toMatchObject([
      { occurredNs: 1000 * MS, detectedNs: 1000 * MS, evidence: [first.request, second.request] },
    ]);
    track.trip(third, 3000 * MS);
    expect(track.say(3000 * MS)).toMatchObject([{ worstNs: 900 * MS, evidence: [third.request] }]);
  });

  test("no request is in the count of two anomalies", () => {
    const track = new Track(rule, SHARE);
    const times = Array.from({ length: 300 }, (_, i) => 1000 + i);
    const said = times.flatMap((ms) => {
      feed(track, aCounted(ms));
      return track.say(ms * MS);
    });
    said.push(...track.say(Infinity));
    expect(said.reduce((sum, { count }) => sum + count, 0)).toBe(times.length);
  });

  test("what counted long ago and tripped nothing is not said later", () => {
    const track = new Track(aLatencyRule({ acceptableCount: 3, windowMs: 1000 }), SHARE);
    for (const ms of [1000, 1001, 9000, 9001, 9002]) feed(track, aCounted(ms, ms === 1000 ? 500 : 20));
    expect(track.say(9002 * MS)).toMatchObject([{ count: 3, worstNs: 20 * MS }]);
  });

  test("what was restored fills the window and is in no count", () => {
    const track = new Track(rule, SHARE);
    const before = aCounted(1000);
    track.restore(before);
    expect(track.nextSayNs).toBe(Infinity);
    const after = aCounted(1001);
    feed(track, after);
    expect(track.say(1001 * MS)).toMatchObject([{ count: 1, evidence: [before.request, after.request] }]);
  });

  test("what was restored and comes again counts, without a second place in the window", () => {
    const track = new Track(aLatencyRule({ acceptableCount: 3 }), SHARE);
    const [first, second] = [aCounted(1000), aCounted(1001)];
    track.restore(first);
    track.restore(second);
    expect(track.count(second, true)).toBe(false);
    expect(track.count(aCounted(1002))).toBe(true);
  });
});
