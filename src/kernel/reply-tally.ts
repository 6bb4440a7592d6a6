// The number of replies that the kernel has counted, by share slot and command, for the detector's thread: sums over
// buckets and CPUs of the map `histograms`, modulo 2^32. Counts over days are in histogram-sums.ts.

import { COMMANDS } from "../model/command.ts";
import { GEOMETRY, HISTOGRAM, HISTOGRAM_SHAPE } from "../model/request.gen.ts";
import type { SourceHandles } from "../model/source.ts";
import { HistogramReader } from "./histogram-reader.ts";

export class ReplyTally {
  readonly #reader: HistogramReader | undefined;

  constructor(handles: Pick<SourceHandles, "histogramsFd" | "possibleCpus">) {
    if (handles.histogramsFd >= 0) this.#reader = new HistogramReader(handles);
  }

  /**
   * Replies to these commands so far, modulo 2^32; 0 for a source that counts no replies.
   * @param slot 0 to GEOMETRY.SHARE_SLOTS - 1. @param commands by number.
   */
  repliesTo(slot: number, commands: readonly boolean[]): number {
    const reader = this.#reader;
    if (reader === undefined) return 0;
    let replies = 0;
    COMMANDS.forEach((_, command) => {
      if (commands[command]) replies += repliesIn(reader, slot * GEOMETRY.COMMANDS + command);
    });
    return replies >>> 0;
  }
}

function repliesIn(reader: HistogramReader, cell: number): number {
  reader.read(cell);
  let replies = 0;
  for (let cpu = 0; cpu < reader.cpus; cpu++) {
    const begin = (cpu * HISTOGRAM.BYTES + HISTOGRAM.buckets) / 4;
    for (let bucket = 0; bucket < HISTOGRAM_SHAPE.BUCKETS; bucket++)
      replies += reader.words[begin + bucket] ?? 0;
  }
  return replies;
}
