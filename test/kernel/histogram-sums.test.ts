// Sums of counts that wrap.

import { describe, expect, test } from "bun:test";
import { HistogramSums, slotAndCommandOf } from "../../src/kernel/histogram-sums.ts";
import { GEOMETRY, HISTOGRAM } from "../../src/model/request.gen.ts";
import { seeded } from "../helpers/random.ts";

const WORDS = HISTOGRAM.BYTES / 4;
const CPUS = 3;
const MOST = 2 ** 32;

/** What the kernel shows of these counts: each modulo 2^32, sum_ns modulo 2^64. */
function shown(cpus: readonly { sumNs: bigint; errors: number; unattributed: number; bucket: number }[]) {
  const words = new Uint32Array(WORDS * CPUS);
  cpus.forEach(({ sumNs, errors, unattributed, bucket }, cpu) => {
    const at = cpu * WORDS;
    words[at] = Number(BigInt.asUintN(32, sumNs));
    words[at + 1] = Number(BigInt.asUintN(32, sumNs >> 32n));
    words[at + HISTOGRAM.errors / 4] = errors % MOST;
    words[at + HISTOGRAM.untold_statuses / 4] = unattributed % MOST;
    words[at + HISTOGRAM.buckets / 4 + 5] = bucket % MOST;
  });
  return words;
}

describe("sums of a histogram", () => {
  test("have none of a cell that never counted", () => {
    const sums = new HistogramSums();
    sums.add(7, new Uint32Array(WORDS * CPUS));
    expect(sums.histograms()).toEqual([]);
    expect(sums.unattributed()).toEqual([]);
  });

  test("grow by what came, also where the counts of CPUs wrap, alone or together", () => {
    const random = seeded();
    const below = (most: number) => random.int(0, Math.floor(most) - 1);
    const sums = new HistogramSums();
    const truth = Array.from({ length: CPUS }, () => ({ sumNs: 1n, errors: 0, unattributed: 0, bucket: 0 }));
    const cell = 3 * GEOMETRY.COMMANDS + 8;
    for (let reading = 0; reading < 200; reading++) {
      for (const cpu of truth) {
        cpu.bucket += below(MOST / CPUS);
        cpu.errors += below(MOST / CPUS);
        cpu.unattributed += below(10);
        cpu.sumNs += BigInt(below(2 ** 40));
      }
      sums.add(cell, shown(truth));
    }
    const total = (count: (cpu: (typeof truth)[number]) => number) =>
      truth.reduce((sum, cpu) => sum + count(cpu), 0);
    const [histogram] = sums.histograms();
    const counted = { ...slotAndCommandOf(cell), errors: total(({ errors }) => errors) };
    expect(histogram, random.seedText).toMatchObject(counted);
    expect(histogram?.buckets[5], random.seedText).toBe(total(({ bucket }) => bucket));
    expect(histogram?.sumNs, random.seedText).toBe(total(({ sumNs }) => Number(sumNs)));
    expect(sums.unattributed()).toMatchObject([
      { ntStatus: undefined, count: total(({ unattributed }) => unattributed) },
    ]);
  });

  test("are read as a copy: a later reading changes none that was handed out", () => {
    const sums = new HistogramSums();
    sums.add(1, shown([{ sumNs: 5n, errors: 0, unattributed: 0, bucket: 1 }]));
    const [first] = sums.histograms();
    sums.add(1, shown([{ sumNs: 9n, errors: 0, unattributed: 0, bucket: 2 }]));
    expect(first?.buckets[5]).toBe(1);
    expect(sums.histograms()[0]?.buckets[5]).toBe(2);
  });
});
