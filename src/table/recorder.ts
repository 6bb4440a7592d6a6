// What the frozen request table holds as a flight recorder: which lines are requests, oldest first, and since when it
// is complete. In: the table's bytes; out: offsets and figures. Knows sets and lines, not what a request means.

import { REQUEST_BYTES } from "../model/request.gen.ts";
import { RequestMemory } from "../model/request.ts";
import { isUsed, lineStartNs } from "./line.ts";
import { findLossBoundNs } from "./loss-bound.ts";

export interface Recorder {
  readonly memory: RequestMemory;
  /** Byte offsets of the lines that hold a request, oldest first. */
  readonly offsets: Uint32Array;
  /** When the oldest of them started, ns of CLOCK_MONOTONIC; undefined for an empty table. */
  readonly oldestNs: number | undefined;
  /** Every request that started from here on and was not evicted while open is in the table, ns of CLOCK_MONOTONIC. */
  readonly completeSinceNs: number;
}

/**
 * Reads a frozen table; lines that were being written are left out.
 * @param watchingSinceNs before it nobody recorded, ns of CLOCK_MONOTONIC.
 * @param frozenNs when the table was copied, ns of CLOCK_MONOTONIC.
 */
export function readRecorder(table: ArrayBuffer, watchingSinceNs: number, frozenNs: number): Recorder {
  const memory = new RequestMemory(table);
  const lines = Math.floor(table.byteLength / REQUEST_BYTES);
  const starts = new Float64Array(lines);
  const ends = new Float64Array(lines).fill(Infinity);
  const offsets = new Uint32Array(lines);
  let records = 0;
  for (let line = 0; line < lines; line++) {
    const at = line * REQUEST_BYTES;
    const start = lineStartNs(memory, at);
    starts[line] = start;
    if (!isUsed(start)) continue;
    offsets[records++] = at;
    const latencyNs = memory.latencyNs(at);
    if (latencyNs > 0) ends[line] = start + latencyNs;
  }
  const found = offsets.slice(0, records);
  found.sort((a, b) => (starts[a / REQUEST_BYTES] ?? 0) - (starts[b / REQUEST_BYTES] ?? 0));
  const oldest = found[0];
  return {
    memory,
    offsets: found,
    oldestNs: oldest === undefined ? undefined : starts[oldest / REQUEST_BYTES],
    completeSinceNs: Math.max(watchingSinceNs, findLossBoundNs(starts, ends, frozenNs)),
  };
}
