// Looks through the request table for open lines: those that are in flight. In: the live table, which programs change
// meanwhile; out: each open line's place, start and command, and when the newest line of all was opened. Nothing is
// decided here, and nothing is kept.
//
// All 65,536 lines are touched at each look, one cache line each, so only two words of most are read, through
// Float64Array: latency_ns is 0 in flight, and the bits of an unsigned number below 2^63 order as those of a double do,
// so that the newest start is found without putting two halves together. start_ns ~0, being written, is a NaN and fails
// every comparison by itself.

import { OFFSET, REQUEST_BYTES } from "../model/request.gen.ts";
import type { RequestMemory } from "../model/request.ts";

/**
 * start_ns is stored last, but another CPU may see it before the fields on machines that reorder stores, and a look in
 * between shows half a line: no field of a younger line is to be believed.
 */
export const SETTLED_AFTER_NS = 1e6;

/** Shows one open line; `command` is undefined while the line is younger than SETTLED_AFTER_NS. */
export type VisitOpen = (at: number, startNs: number, command: number | undefined) => void;

export interface ScanResult {
  /** Lines in flight. */
  readonly open: number;
  /** start_ns of the line that was opened last, open or not; 0 in an empty table. */
  readonly newestStartNs: number;
}

const STRIDE = REQUEST_BYTES / 8;
const LATENCY = OFFSET.latency_ns / 8;

export class TableScan {
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;

  /** The memory stays whose it is. */
  constructor({ buffer, byteOffset, byteLength }: RequestMemory) {
    this.#doubles = new Float64Array(buffer, byteOffset, byteLength >> 3);
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Visits every open line once, in the order of their places. */
  walk(nowNs: number, visit: VisitOpen): ScanResult {
    const doubles = this.#doubles;
    let open = 0;
    let newest = 0;
    for (let index = 0; index < doubles.length; index += STRIDE) {
      const start = doubles[index] as number;
      if (start > newest) newest = start;
      if (doubles[index + LATENCY] === 0 && start > 0) {
        open += 1;
        this.#show(index * 8, unsignedOf(start), nowNs, visit);
      }
    }
    return { open, newestStartNs: unsignedOf(newest) };
  }

  #show(at: number, startNs: number, nowNs: number, visit: VisitOpen): void {
    const settled = nowNs - startNs >= SETTLED_AFTER_NS;
    visit(at, startNs, settled ? this.#bytes[at + OFFSET.command] : undefined);
  }
}

const scratch = new Float64Array(1);
const halves = new Uint32Array(scratch.buffer);

/** The number whose bits a double has borrowed; without a second look at memory that changes. */
function unsignedOf(double: number): number {
  scratch[0] = double;
  return (halves[1] as number) * 0x1_0000_0000 + (halves[0] as number);
}
