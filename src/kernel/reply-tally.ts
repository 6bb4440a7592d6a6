// How many replies the kernel has counted, by share slot and command: for the detector's thread, which has file
// descriptors as numbers and no libbpf of its own. In: the map `histograms`; out: sums over buckets and CPUs.

import { ptr } from "bun:ffi";
import { COMMANDS } from "../model/command.ts";
import { GEOMETRY, HISTOGRAM, HISTOGRAM_SHAPE } from "../model/request.gen.ts";
import type { SourceHandles } from "../model/source.ts";
import { checked, libc } from "../system/libc.ts";

// bpf(2) has no function of its own in libc: include/uapi/asm/unistd_64.h, asm-generic/unistd.h.
const SYS_BPF = process.arch === "arm64" ? 280 : 321;
const BPF_MAP_LOOKUP_ELEM = 1;
/** map_fd, key, value, flags: union bpf_attr, include/uapi/linux/bpf.h. */
const ATTR = { bytes: 32, mapFd: 0, key: 8, value: 16 } as const;

export class ReplyTally {
  readonly #key = new Uint32Array(1);
  readonly #values: Uint32Array<ArrayBuffer>;
  readonly #attr = new DataView(new ArrayBuffer(ATTR.bytes));
  readonly #attrPointer = ptr(this.#attr);
  readonly #cpus: number;
  readonly #mapFd: number;

  constructor({ histogramsFd, possibleCpus }: Pick<SourceHandles, "histogramsFd" | "possibleCpus">) {
    this.#mapFd = histogramsFd;
    this.#cpus = possibleCpus;
    // An empty array has no address.
    this.#values = new Uint32Array((HISTOGRAM.BYTES / 4) * Math.max(1, possibleCpus));
    this.#attr.setUint32(ATTR.mapFd, histogramsFd, true);
    this.#attr.setBigUint64(ATTR.key, BigInt(ptr(this.#key)), true);
    this.#attr.setBigUint64(ATTR.value, BigInt(ptr(this.#values)), true);
  }

  /**
   * Replies to these commands so far, modulo 2^32; 0 for a source that counts none.
   * @param slot 0 to GEOMETRY.SHARE_SLOTS - 1. @param commands by number.
   */
  repliesTo(slot: number, commands: readonly boolean[]): number {
    if (this.#mapFd < 0) return 0;
    let replies = 0;
    COMMANDS.forEach((_, command) => {
      if (commands[command]) replies += this.#read(slot * GEOMETRY.COMMANDS + command);
    });
    return replies >>> 0;
  }

  #read(index: number): number {
    this.#key[0] = index;
    const returned = libc.syscall(SYS_BPF, BPF_MAP_LOOKUP_ELEM, this.#attrPointer, ATTR.bytes);
    checked(returned, `read histogram ${index}`);
    let replies = 0;
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      const begin = (cpu * HISTOGRAM.BYTES + HISTOGRAM.buckets) / 4;
      for (let bucket = 0; bucket < HISTOGRAM_SHAPE.BUCKETS; bucket++)
        replies += this.#values[begin + bucket] ?? 0;
    }
    return replies;
  }
}
