// The kernel's histograms as sums that never wrap, although the kernel's u32 counts do. It takes readings of one cell,
// all its CPUs at once. Each cell must be read before one of its buckets has counted 2^32 more replies, which takes 71
// minutes at a million replies a second of one kind. Pure.

import { GEOMETRY, HISTOGRAM, HISTOGRAM_SHAPE } from "../model/request.gen.ts";
import type { ReplyHistogram, StatusTally } from "../model/tally.ts";

const WORDS = HISTOGRAM.BYTES / 4;
const ERRORS = HISTOGRAM.errors / 4;
const UNATTRIBUTED = HISTOGRAM.untold_statuses / 4;
const BUCKETS = HISTOGRAM.buckets / 4;

/** One cell, word by word as in struct aod_histogram: the last reading and the total so far. sum_ns is separate. */
interface Sum {
  readonly last: Uint32Array;
  readonly totals: Float64Array;
  lastNs: bigint;
  sumNs: number;
}

export class HistogramSums {
  readonly #sums = new Map<number, Sum>();
  readonly #now = new Uint32Array(WORDS);

  /**
   * Adds a reading.
   * @param words one struct aod_histogram for each CPU.
   */
  add(cell: number, words: Uint32Array): void {
    const sumNs = totalNs(words);
    const sum = this.#sums.get(cell) ?? makeSum();
    // A latency is at least 1 ns, so a sum of 0 means that this cell never counted a reply.
    if (sumNs === 0n && sum.lastNs === 0n) return;
    this.#sums.set(cell, sum);
    // The sum over the CPUs may wrap as well: its difference modulo 2^32 is the sum of their differences modulo 2^32.
    this.#now.fill(0);
    for (let at = 0; at < words.length; at++)
      this.#now[at % WORDS] = (this.#now[at % WORDS] ?? 0) + (words[at] ?? 0);
    for (let word = ERRORS; word < WORDS; word++) {
      const now = this.#now[word] ?? 0;
      sum.totals[word] = (sum.totals[word] ?? 0) + ((now - (sum.last[word] ?? 0)) >>> 0);
      sum.last[word] = now;
    }
    sum.sumNs += Number(BigInt.asUintN(64, sumNs - sum.lastNs));
    sum.lastNs = sumNs;
  }

  /** The cells that have counted a reply, in ascending order. */
  histograms(): readonly ReplyHistogram[] {
    return this.#inOrder().map(([cell, { totals, sumNs }]) => ({
      ...slotAndCommandOf(cell),
      sumNs,
      errors: totals[ERRORS] ?? 0,
      buckets: totals.slice(BUCKETS, BUCKETS + HISTOGRAM_SHAPE.BUCKETS),
    }));
  }

  /** Failed replies whose status had no room in the map `statuses`. */
  unattributed(): readonly StatusTally[] {
    return this.#inOrder().flatMap(([cell, { totals }]) => {
      const count = totals[UNATTRIBUTED] ?? 0;
      return count === 0 ? [] : [{ ntStatus: undefined, ...slotAndCommandOf(cell), count }];
    });
  }

  #inOrder(): readonly (readonly [number, Sum])[] {
    return [...this.#sums].sort(([a], [b]) => a - b);
  }
}

/** The slot and the command of an index of `histograms`. */
export function slotAndCommandOf(cell: number): { readonly slot: number; readonly command: number } {
  return { slot: Math.floor(cell / GEOMETRY.COMMANDS), command: cell % GEOMETRY.COMMANDS };
}

function makeSum(): Sum {
  return { last: new Uint32Array(WORDS), totals: new Float64Array(WORDS), lastNs: 0n, sumNs: 0 };
}

function totalNs(words: Uint32Array): bigint {
  let high = 0;
  let low = 0;
  for (let at = HISTOGRAM.sum_ns / 4; at < words.length; at += WORDS) {
    low += words[at] ?? 0;
    high += words[at + 1] ?? 0;
  }
  return high === 0 && low === 0 ? 0n : BigInt(low) + (BigInt(high) << 32n);
}
