// The request table as columns. In: the live table, which programs change while it is read, and the time; out: what each used
// line says, in typed arrays: as numbers, without an object or a bigint for each of 65,536 lines. Judges nothing.
//
// A line is read between two looks at its start, which is its sequence number: one that another request took meanwhile is left
// out. On machines that reorder loads a line may still be half of each for about a millisecond: these are figures for people.

import { OFFSET, REQUEST_BYTES } from "../model/request.gen.ts";
import type { Request, RequestMemory } from "../model/request.ts";
import { readStarted, WRITTEN_HIGH } from "./line.ts";
import { findLossBoundNs } from "./loss-bound.ts";

/** What the used lines say, each in its place below `count`. */
export interface Lines {
  readonly count: number;
  /** When the table was read, ns of CLOCK_MONOTONIC. */
  readonly nowNs: number;
  /** Byte offset of the line in the table. */
  readonly at: Uint32Array;
  readonly startNs: Float64Array;
  /** 0 in flight. */
  readonly latencyNs: Float64Array;
  readonly sessionLow: Uint32Array;
  readonly sessionHigh: Uint32Array;
  readonly treeId: Uint32Array;
  readonly processId: Uint32Array;
  readonly taskId: Uint32Array;
  readonly ntStatus: Uint32Array;
  readonly command: Uint8Array;
  readonly flags: Uint8Array;
  /** Every request that started from here on and was not evicted while open is among them; -Infinity: none was ever lost. */
  readonly completeSinceNs: number;
}

const STRIDE = REQUEST_BYTES / 4;
const TWO_32 = 0x1_0000_0000;
const WORD = {
  latency: OFFSET.latency_ns / 4,
  session: OFFSET.session_id / 4,
  tree: OFFSET.tree_id / 4,
  task: OFFSET.task_id / 4,
  process: OFFSET.process_id / 4,
  status: OFFSET.nt_status / 4,
  /** errno, command, flags and kind, one byte each. */
  codes: OFFSET.errno_code / 4,
} as const;
const COMMAND_SHIFT = 8 * (OFFSET.command - OFFSET.errno_code);
const FLAGS_SHIFT = 8 * (OFFSET.flags - OFFSET.errno_code);

/** @param nowNs read before the table: what ends later is not in it yet. */
export function readLines({ buffer, byteOffset, byteLength }: RequestMemory, nowNs: number): Lines {
  const words = new Uint32Array(buffer, byteOffset, byteLength >> 2);
  const all = Math.floor(byteLength / REQUEST_BYTES);
  const lines = makeColumns(all);
  const starts = new Float64Array(all);
  const ends = new Float64Array(all);
  let count = 0;
  for (let line = 0, word = 0; line < all; line++, word += STRIDE) {
    const low = words[word] as number;
    const high = words[word + 1] as number;
    ends[line] = Infinity;
    if (low === 0 && high === 0) continue;
    const startNs = high * TWO_32 + low;
    const latencyNs =
      (words[word + WORD.latency + 1] as number) * TWO_32 + (words[word + WORD.latency] as number);
    lines.startNs[count] = startNs;
    lines.latencyNs[count] = latencyNs;
    lines.at[count] = word * 4;
    lines.sessionLow[count] = words[word + WORD.session] as number;
    lines.sessionHigh[count] = words[word + WORD.session + 1] as number;
    lines.treeId[count] = words[word + WORD.tree] as number;
    lines.taskId[count] = words[word + WORD.task] as number;
    lines.processId[count] = words[word + WORD.process] as number;
    lines.ntStatus[count] = words[word + WORD.status] as number;
    const codes = words[word + WORD.codes] as number;
    lines.command[count] = codes >>> COMMAND_SHIFT;
    lines.flags[count] = codes >>> FLAGS_SHIFT;
    // Halves are not read at once: a low half of ~0 may be that of two programs that write, one after the other.
    const isTime = high < WRITTEN_HIGH && low !== 0xffff_ffff;
    const isWhole = isTime && words[word] === low && words[word + 1] === high;
    starts[line] = isWhole ? startNs : Infinity;
    if (!isWhole) continue;
    if (latencyNs > 0) ends[line] = startNs + latencyNs;
    count++;
  }
  return { ...lines, count, nowNs, completeSinceNs: findLossBoundNs(starts, ends, nowNs) };
}

/** The whole of a line; undefined where another request has taken it since, or it has its reply and had none. */
export function readAgain(table: RequestMemory, lines: Lines, i: number): Request | undefined {
  const request = readStarted(table, lines.at[i] as number, lines.startNs[i] as number);
  return request?.latencyNs === lines.latencyNs[i] ? request : undefined;
}

function makeColumns(lines: number) {
  return {
    at: new Uint32Array(lines),
    startNs: new Float64Array(lines),
    latencyNs: new Float64Array(lines),
    sessionLow: new Uint32Array(lines),
    sessionHigh: new Uint32Array(lines),
    treeId: new Uint32Array(lines),
    processId: new Uint32Array(lines),
    taskId: new Uint32Array(lines),
    ntStatus: new Uint32Array(lines),
    command: new Uint8Array(lines),
    flags: new Uint8Array(lines),
  };
}
