// What the frozen request table holds as a flight recorder: which lines are requests, oldest first, and since when it
// is complete. In: the table's bytes; out: offsets and figures. Knows sets and lines, not what a request means.

import { GEOMETRY, REQUEST_BYTES } from "../model/request.gen.ts";
import { RequestMemory } from "../model/request.ts";

export interface Recorder {
  readonly memory: RequestMemory;
  /** Byte offsets of the lines that hold a request, oldest first. */
  readonly offsets: Uint32Array;
  /** When the oldest of them started, ns of CLOCK_MONOTONIC; undefined for an empty table. */
  readonly oldestNs: number | undefined;
  /** Every request that started from here on and was not evicted while open is in the table, ns of CLOCK_MONOTONIC. */
  readonly completeSinceNs: number;
}

// Both halves of AOD_BEING_WRITTEN.
const BEING_WRITTEN_HALF = 0xffff_ffff;

/**
 * Reads a frozen table; lines that were being written are left out.
 * @param watchingSinceNs before it nobody recorded, ns of CLOCK_MONOTONIC.
 * @param frozenNs when the table was copied, ns of CLOCK_MONOTONIC.
 */
export function readRecorder(table: ArrayBuffer, watchingSinceNs: number, frozenNs: number): Recorder {
  const memory = new RequestMemory(table);
  const lines = Math.floor(table.byteLength / REQUEST_BYTES);
  const starts = new Float64Array(lines);
  const offsets = new Uint32Array(lines);
  let records = 0;
  let completeSinceNs = watchingSinceNs;
  for (let line = 0; line < lines; line++) {
    starts[line] = startNs(memory, line * REQUEST_BYTES);
    const start = starts[line] ?? 0;
    if (start > 0 && start < Infinity) offsets[records++] = line * REQUEST_BYTES;
    if (line % GEOMETRY.SET_LINES === GEOMETRY.SET_LINES - 1) {
      const first = line + 1 - GEOMETRY.SET_LINES;
      completeSinceNs = Math.max(completeSinceNs, lossBoundNs(memory, starts, first, frozenNs));
    }
  }
  const found = offsets.slice(0, records);
  found.sort((a, b) => (starts[a / REQUEST_BYTES] ?? 0) - (starts[b / REQUEST_BYTES] ?? 0));
  const oldest = found[0];
  return {
    memory,
    offsets: found,
    oldestNs: oldest === undefined ? undefined : starts[oldest / REQUEST_BYTES],
    completeSinceNs,
  };
}

/** 0 for an empty line, Infinity for one that was being written. */
function startNs(memory: RequestMemory, at: number): number {
  const high = memory.startHigh(at);
  const low = memory.startLow(at);
  return high === BEING_WRITTEN_HALF && low === BEING_WRITTEN_HALF ? Infinity : high * 0x1_0000_0000 + low;
}

/**
 * All that this set has lost started before this moment; 0 for a set that was never full.
 *
 * A request takes the place of the set's oldest complete one. So what had to go for line L started before every
 * other line that was complete when L started; where none was, all that is known is that it started before L. What
 * has gone for a line that has gone itself started even earlier. The latest bound over the set's lines holds for all.
 */
function lossBoundNs(memory: RequestMemory, starts: Float64Array, first: number, frozenNs: number): number {
  let bound = 0;
  for (let line = first; line < first + GEOMETRY.SET_LINES; line++) {
    const start = starts[line] ?? 0;
    if (start === 0) return 0;
    const entered = Math.min(start, frozenNs);
    let oldest = entered;
    for (let other = first; other < first + GEOMETRY.SET_LINES; other++) {
      const otherStart = starts[other] ?? 0;
      const latencyNs = memory.latencyNs(other * REQUEST_BYTES);
      if (latencyNs > 0 && otherStart + latencyNs < entered) oldest = Math.min(oldest, otherStart);
    }
    bound = Math.max(bound, oldest);
  }
  return bound;
}
