// The imitation's counts of replies, in memory: histograms by share slot and command, failed replies by status. Bounded
// as the kernel's are.

import { GEOMETRY, HISTOGRAM_SHAPE } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { type KnownTree, LAST_SLOT } from "../model/share.ts";
import { bucketOf, type ReplyHistogram, type StatusTally, type Tallies } from "../model/tally.ts";

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

export class ImitatedTallies {
  readonly #histograms = new Map<string, Mutable<ReplyHistogram>>();
  readonly #statuses = new Map<string, Mutable<StatusTally>>();
  #slots = new Map<string, number>();

  placeTrees(trees: readonly KnownTree[]): void {
    this.#slots = new Map(trees.map(({ sessionId, treeId, slot }) => [`${sessionId} ${treeId}`, slot]));
  }

  add({ sessionId, treeId, command, errno, ntStatus }: Request, latencyNs: number): void {
    const slot = this.#slots.get(`${sessionId} ${treeId}`) ?? LAST_SLOT;
    const key = `${slot} ${command}`;
    const empty = { slot, command, sumNs: 0, errors: 0, buckets: new Float64Array(HISTOGRAM_SHAPE.BUCKETS) };
    const histogram = this.#histograms.get(key) ?? empty;
    this.#histograms.set(key, histogram);
    histogram.sumNs += latencyNs;
    const bucket = bucketOf(latencyNs);
    histogram.buckets[bucket] = (histogram.buckets[bucket] ?? 0) + 1;
    if (errno === 0) return;
    histogram.errors++;
    this.#countStatus(ntStatus, slot, command);
  }

  read(): Tallies {
    const histograms = [...this.#histograms.values()].sort(byPlace);
    return {
      histograms: histograms.map((one) => ({ ...one, buckets: one.buckets.slice() })),
      statuses: [...this.#statuses.values()].map((one) => ({ ...one })),
    };
  }

  #countStatus(ntStatus: number, slot: number, command: number): void {
    const key = `${ntStatus} ${slot} ${command}`;
    const hasRoom = this.#statuses.has(key) || this.#statuses.size < GEOMETRY.TALLIES;
    const counted = hasRoom ? key : `unattributed ${slot} ${command}`;
    const count = this.#statuses.get(counted) ?? {
      ntStatus: hasRoom ? ntStatus : undefined,
      slot,
      command,
      count: 0,
    };
    this.#statuses.set(counted, count);
    count.count++;
  }
}

function byPlace(a: ReplyHistogram, b: ReplyHistogram): number {
  return a.slot - b.slot || a.command - b.command;
}
