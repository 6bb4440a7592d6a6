// The kernel's memory in this process: the ring, the request table, the operations and the control word, mapped once,
// until `unmapAll`. Addresses are numbers, which any thread may turn into views.

import { GEOMETRY, OPERATION, REQUEST_BYTES } from "../model/request.gen.ts";
import type { SourceHandles } from "../model/source.ts";
import { mapFile, PAGE_BYTES, reserveAddresses, unmap } from "../system/memory.ts";

/** The part of a source's handles that the detector needs, without the file descriptors that the supervisor adds. */
export type SourceMemory = Omit<SourceHandles, "wakeFd" | "ueventFd" | "mountinfoFd" | "kernelLogFd">;

export const TABLE_BYTES = GEOMETRY.SETS * GEOMETRY.SET_LINES * REQUEST_BYTES;
export const OPERATIONS_BYTES = GEOMETRY.OPERATION_SETS * GEOMETRY.OPERATION_SET_LINES * OPERATION.BYTES;

const RING_MAPPED_BYTES = 2 * PAGE_BYTES + 2 * GEOMETRY.RING_BYTES;

interface MappedFds {
  readonly ring: number;
  readonly table: number;
  readonly operations: number;
  readonly control: number;
}

/** File descriptors of the kernel's maps; `histograms` is passed on unmapped. */
interface MapFds extends MappedFds {
  readonly histograms: number;
  readonly possibleCpus: number;
}

/**
 * Maps all four. A BPF ring buffer has its consumer page at offset 0, writable, and behind it, read-only, the producer
 * page and the data twice: kernel/bpf/ringbuf.c, ringbuf_map_mmap_kern.
 */
export function mapKernelMemory(fds: MapFds): SourceMemory {
  const producer = mapFile(fds.ring, RING_MAPPED_BYTES - PAGE_BYTES, "read", PAGE_BYTES);
  return {
    ringFd: fds.ring,
    ringConsumerAddress: mapFile(fds.ring, PAGE_BYTES, "write"),
    ringProducerAddress: producer,
    ringDataAddress: producer + PAGE_BYTES,
    ringBytes: GEOMETRY.RING_BYTES,
    tableAddress: mapFile(fds.table, TABLE_BYTES, "read"),
    tableBytes: TABLE_BYTES,
    operationsAddress: mapFile(fds.operations, OPERATIONS_BYTES, "read"),
    operationsBytes: OPERATIONS_BYTES,
    controlAddress: mapFile(fds.control, PAGE_BYTES, "write"),
    histogramsFd: fds.histograms,
    possibleCpus: fds.possibleCpus,
  };
}

/**
 * Maps memory files in the same layout, everything writable; the ring's data twice in a row.
 * @param fds.ring holds two pages and the data once, fds.control one page, the others what their names say.
 */
export function mapImitatedMemory(fds: MappedFds, ringFd: number): SourceMemory {
  const consumer = reserveAddresses(RING_MAPPED_BYTES);
  const onceBytes = 2 * PAGE_BYTES + GEOMETRY.RING_BYTES;
  mapFile(fds.ring, onceBytes, "write", 0, consumer);
  mapFile(fds.ring, GEOMETRY.RING_BYTES, "write", 2 * PAGE_BYTES, consumer + onceBytes);
  return {
    ringFd,
    ringConsumerAddress: consumer,
    ringProducerAddress: consumer + PAGE_BYTES,
    ringDataAddress: consumer + 2 * PAGE_BYTES,
    ringBytes: GEOMETRY.RING_BYTES,
    tableAddress: mapFile(fds.table, TABLE_BYTES, "write"),
    tableBytes: TABLE_BYTES,
    operationsAddress: mapFile(fds.operations, OPERATIONS_BYTES, "write"),
    operationsBytes: OPERATIONS_BYTES,
    controlAddress: mapFile(fds.control, PAGE_BYTES, "write"),
    histogramsFd: -1,
    possibleCpus: 0,
  };
}

/** To be called only when no thread holds a view any more. */
export function unmapAll(memory: SourceMemory): void {
  unmap(memory.ringConsumerAddress, PAGE_BYTES);
  unmap(memory.ringProducerAddress, RING_MAPPED_BYTES - PAGE_BYTES);
  unmap(memory.tableAddress, memory.tableBytes);
  unmap(memory.operationsAddress, memory.operationsBytes);
  unmap(memory.controlAddress, PAGE_BYTES);
}
