// The BPF ring buffer, read in place through its mapping: a u64 position of the consumer on one page, one of the
// producer on the next, then the data, mapped twice so that no record wraps. Records go to a callback, undecoded.
// The position does not move before `commit`, so a reader that dies in between loses nothing. It never waits.
// Source: kernel/bpf/ringbuf.c; the order of loads and stores is that of libbpf's ringbuf_process_ring.
//
// Loads that have to be ordered: the producer position before the headers, a header before its record. JavaScript has
// Atomics.load for that, but JavaScriptCore compiles the 32-bit one to `lock xadd 0`, a write, which faults on this
// read-only mapping as soon as the code is hot (measured with Bun 1.4.5); the 64-bit one is a call, 20 ns. So the
// position is loaded by the 64-bit one, once a batch, and headers by plain loads on x86-64, which does not reorder
// loads, and by the 64-bit one elsewhere.

import { REQUEST_BYTES } from "../model/request.gen.ts";
import { RequestMemory } from "../model/request.ts";
import type { SourceHandles } from "../model/source.ts";
import { viewOf } from "../system/memory.ts";

const HEADER_BYTES = 8;
// BPF_RINGBUF_BUSY_BIT and BPF_RINGBUF_DISCARD_BIT, include/uapi/linux/bpf.h.
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
const LOW_32 = 0xffff_ffffn;

export class RingReader {
  readonly #consumer: BigUint64Array<ArrayBuffer>;
  readonly #producer: BigUint64Array<ArrayBuffer>;
  readonly #header: (at: number) => number;
  readonly #records: RequestMemory;
  readonly #mask: number;
  /** Position of the next record; ahead of the shared one until `commit`. */
  #position: bigint;

  /** The caller keeps owning the mapping; there must be no other reader. */
  constructor(handles: SourceHandles) {
    const data = viewOf(handles.ringDataAddress, handles.ringBytes * 2);
    this.#consumer = new BigUint64Array(viewOf(handles.ringConsumerAddress, 8));
    this.#producer = new BigUint64Array(viewOf(handles.ringProducerAddress, 8));
    this.#header = headerLoad(data);
    this.#records = new RequestMemory(data);
    this.#mask = handles.ringBytes - 1;
    this.#position = Atomics.load(this.#consumer, 0);
  }

  /**
   * Hands over every record that is on the ring at the time of the call, oldest first.
   * @param onRecord gets a view of the ring that is valid until the next `commit`.
   * @param onMalformed is called for a record whose length is not ours, which is skipped.
   * @returns the number of records, malformed ones included.
   */
  read(onRecord: (memory: RequestMemory, at: number) => void, onMalformed: () => void): number {
    const mask = this.#mask;
    const header = this.#header;
    // Positions are compared in their low 32 bits: the ring is far smaller than that.
    const begin = Number(this.#position & LOW_32);
    const end = Number(Atomics.load(this.#producer, 0) & LOW_32);
    let position = begin;
    let count = 0;
    while (position !== end) {
      const at = position & mask;
      const word = header(at);
      if (word >= BUSY) break;
      const length = word & LENGTH;
      if ((word & DISCARDED) === 0) {
        if (length === REQUEST_BYTES) onRecord(this.#records, at + HEADER_BYTES);
        else onMalformed();
        count++;
      }
      position = (position + HEADER_BYTES + ((length + 7) & ~7)) >>> 0;
    }
    this.#position += BigInt((position - begin) >>> 0);
    return count;
  }

  /** Gives the room of everything that was read back to the kernel. */
  commit(): void {
    Atomics.store(this.#consumer, 0, this.#position);
  }
}

/** How to load the length word of a record, before anything else of the record. */
function headerLoad(data: ArrayBuffer): (at: number) => number {
  if (process.arch === "x64") {
    const words = new Uint32Array(data);
    return (at) => words[at >> 2] as number;
  }
  const longs = new BigUint64Array(data);
  return (at) => Number(Atomics.load(longs, at >> 3) & LOW_32);
}
