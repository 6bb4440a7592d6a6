import { describe, expect, test } from "bun:test";
import { GEOMETRY, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import type { Request } from "../../src/model/request.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable, BEING_WRITTEN } from "../helpers/request-table.ts";

const SET_BYTES = GEOMETRY.SET_LINES * REQUEST_BYTES;

describe("the flight recorder", () => {
  test("of an empty table is empty, and complete since aod watches", () => {
    expect(readRecorder(aTable([]), 5e9, 100e9)).toMatchObject({ oldestNs: undefined, completeSinceNs: 5e9 });
    expect(readRecorder(aTable([]), 5e9, 100e9).offsets).toHaveLength(0);
  });

  test("lists requests oldest first, and leaves out lines that were being written", () => {
    const table = aTable([
      aRequest({ startMs: 3 }),
      aRequest({ startNs: BEING_WRITTEN }),
      aRequest({ startMs: 1 }),
      aRequest({ startMs: 2 }),
    ]);
    const recorder = readRecorder(table, 0, 100e9);
    expect([...recorder.offsets]).toEqual([128, 192, 0]);
    expect(recorder.oldestNs).toBe(1e6);
  });

  test("keeps the order of starts beyond 2^32 ns and beyond 2^53", () => {
    const starts = [2n ** 60n, 2n ** 33n + 5n, 2n ** 33n + 4n, 7n];
    const recorder = readRecorder(aTable(starts.map((startNs) => aRequest({ startNs }))), 0, 100e9);
    expect([...recorder.offsets]).toEqual([192, 128, 64, 0]);
  });

  test("is complete since the oldest of a full set of complete requests", () => {
    const requests = [4, 1, 3, 2].map((startMs) => aRequest({ startMs, latencyMs: 0.5 }));
    expect(readRecorder(aTable(requests, SET_BYTES), 0, 100e9).completeSinceNs).toBe(1e6);
    expect(readRecorder(aTable(requests.slice(1), SET_BYTES), 0, 100e9).completeSinceNs).toBe(0);
  });

  test("promises nothing that an old open request in the set could hide", () => {
    // The one of 1 ms was open all the time: what went for the others may have started at any time before them.
    const requests = [
      aRequest({ startMs: 1, latencyMs: 50 }),
      aRequest({ startMs: 10, latencyMs: 30 }),
      aRequest({ startMs: 20, latencyMs: 30 }),
      aRequest({ startMs: 30, latencyMs: 0 }),
    ];
    expect(readRecorder(aTable(requests, SET_BYTES), 0, 100e9).completeSinceNs).toBe(30e6);
  });

  test("never claims to be complete where a request is missing, on whatever traffic", () => {
    const random = seeded();
    for (let round = 0; round < 400; round++) {
      const { table, entered, frozenNs } = someTraffic(random);
      const { completeSinceNs, offsets, memory } = readRecorder(table, 0, frozenNs);
      const present = new Set([...offsets].map((offset) => memory.read(offset).startNs));
      const missing = entered.filter(
        ({ startNs, evicted }) => !evicted && Number(startNs) >= completeSinceNs && !present.has(startNs),
      );
      expect(missing, random.seedText).toEqual([]);
    }
  });
});

interface Line {
  readonly startNs: bigint;
  endNs: number | undefined;
  evicted: boolean;
}

/** Two sets, filled as the kernel side fills them: an empty line, else the oldest complete, else the oldest open. */
function someTraffic(random: Random) {
  const sets: (Line | undefined)[][] = [Array(4).fill(undefined), Array(4).fill(undefined)];
  const entered: Line[] = [];
  let nowNs = 1000;
  for (let event = random.int(0, 60); event > 0; event--) {
    nowNs += random.int(1, 50);
    const open = entered.filter((line) => line.endNs === undefined && !line.evicted);
    if (open.length > 0 && random.chance(random.pick([0.2, 0.5, 0.7]))) {
      (open[random.int(0, open.length - 1)] as Line).endNs = nowNs;
      continue;
    }
    const set = sets[random.int(0, 1)] as (Line | undefined)[];
    const byAge = set.filter((line) => line !== undefined).toSorted((a, b) => Number(a.startNs - b.startNs));
    const victim = byAge.find(({ endNs }) => endNs !== undefined) ?? byAge[0];
    const place = set.includes(undefined) ? set.indexOf(undefined) : set.indexOf(victim);
    if (victim !== undefined && set[place] === victim && victim.endNs === undefined) victim.evicted = true;
    const line = { startNs: BigInt(nowNs), endNs: undefined, evicted: false };
    set[place] = line;
    entered.push(line);
  }
  const toRequest = (line: Line | undefined): Request =>
    line === undefined
      ? aRequest({ startNs: 0n, latencyNs: 0 })
      : aRequest({
          startNs: line.startNs,
          latencyNs: line.endNs === undefined ? 0 : line.endNs - Number(line.startNs),
        });
  const requests = sets.flat().map(toRequest);
  return { table: aTable(requests, requests.length * REQUEST_BYTES), entered, frozenNs: nowNs + 10 };
}
