// Reads one histogram of all CPUs by the system call itself: the detector's thread has file descriptors as numbers and
// no libbpf of its own. It returns the words of the map `histograms` as they are; histogram-sums.ts adds them up.

import { ptr } from "bun:ffi";
import { HISTOGRAM } from "../model/request.gen.ts";
import type { SourceHandles } from "../model/source.ts";
import { BPF_COMMAND, bpfCall, checkedCall } from "./bpf-call.ts";

/** map_fd, key, value, flags: union bpf_attr, include/uapi/linux/bpf.h. */
const ATTR = { bytes: 32, mapFd: 0, key: 8, value: 16 } as const;

export class HistogramReader {
  /** One struct aod_histogram for each CPU, from the last `read`. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly cpus: number;
  readonly #key = new Uint32Array(1);
  readonly #attr = new DataView(new ArrayBuffer(ATTR.bytes));
  readonly #attrPointer = ptr(this.#attr);

  constructor({ histogramsFd, possibleCpus }: Pick<SourceHandles, "histogramsFd" | "possibleCpus">) {
    this.cpus = possibleCpus;
    // An empty array has no address.
    this.words = new Uint32Array((HISTOGRAM.BYTES / 4) * Math.max(1, possibleCpus));
    this.#attr.setUint32(ATTR.mapFd, histogramsFd, true);
    this.#attr.setBigUint64(ATTR.key, BigInt(ptr(this.#key)), true);
    this.#attr.setBigUint64(ATTR.value, BigInt(ptr(this.words)), true);
  }

  /** @param cell slot * GEOMETRY.COMMANDS + command. */
  read(cell: number): void {
    this.#key[0] = cell;
    const returned = bpfCall(BPF_COMMAND.MAP_LOOKUP_ELEM, this.#attrPointer, ATTR.bytes);
    checkedCall(returned, `read histogram ${cell}`);
  }
}
