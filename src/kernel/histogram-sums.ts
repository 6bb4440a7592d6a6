// The kernel's histograms as counts that never wrap. In: readings of one cell after the other, all CPUs of it, whose u32
// counts wrap; out: sums that only grow. It must be read before a bucket of one cell has taken 2^32 replies more: at a million
// replies a second of one kind that is 71 minutes. Pure.

import { GEOMETRY, HISTOGRAM, HISTOGRAM_SHAPE } from "../model/request.gen.ts";
import type { ReplyHistogram, StatusTally } from "../model/tally.ts";

const WORDS = HISTOGRAM.BYTES / 4;
const ERRORS = HISTOGRAM.errors / 4;
const UNTOLD = HISTOGRAM.untold_statuses / 4;
const BUCKETS = HISTOGRAM.buckets / 4;

/** One cell: word by word of struct aod_histogram, what was read last and what that has come to; sum_ns apart. */
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
   * Takes a reading.
   * @param words struct aod_histogram of one CPU after the other.
   */
  add(cell: number, words: Uint32Array): void {
    const sumNs = totalNs(words);
    const sum = this.#sums.get(cell) ?? makeSum();
    // A latency is at least 1 ns: what was never counted has none.
    if (sumNs === 0n && sum.lastNs === 0n) return;
    this.#sums.set(cell, sum);
    // What CPUs have together, modulo 2^32, differs by what all have had since, modulo 2^32: the sum may wrap as well.
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

  /** Cells that have counted something, in their order. */
  histograms(): readonly ReplyHistogram[] {
    return this.#inOrder().map(([cell, { totals, sumNs }]) => ({
      ...slotAndCommandOf(cell),
      sumNs,
      errors: totals[ERRORS] ?? 0,
      buckets: totals.slice(BUCKETS, BUCKETS + HISTOGRAM_SHAPE.BUCKETS),
    }));
  }

  /** Failed replies whose status found no room of its own. */
  untold(): readonly StatusTally[] {
    return this.#inOrder().flatMap(([cell, { totals }]) => {
      const count = totals[UNTOLD] ?? 0;
      return count === 0 ? [] : [{ ntStatus: undefined, ...slotAndCommandOf(cell), count }];
    });
  }

  #inOrder(): readonly (readonly [number, Sum])[] {
    return [...this.#sums].sort(([a], [b]) => a - b);
  }
}

/** What an index of `histograms` stands for. */
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
