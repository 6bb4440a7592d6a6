// The operation that a task performs inside cifs, as the kernel side recorded it, and the decoder of its 32 bytes
// (bpf/request.h). It shows which tasks wait before a request exists. It touches only memory that the caller passes.

import { readComm, writeComm } from "./comm.ts";
import { KIND, OPERATION } from "./request.gen.ts";
import type { Request } from "./request.ts";

export interface Operation {
  /** When the task entered, ns of CLOCK_MONOTONIC; 0n: the line is free. With taskId, its identity. */
  readonly startNs: bigint;
  /** cifs's number of the operation; an unsigned int that wraps. */
  readonly xid: number;
  /** The task that entered: the kernel's pid, that of a thread. Another task may do the work, and end it. */
  readonly taskId: number;
  /** The kernel's tgid. */
  readonly processId: number;
  readonly comm: string;
}

/**
 * Writes an operation's line, start_ns last, as the programs do. For the imitation of the kernel and for tests.
 * @param at bytes from the start of the view.
 */
export function writeOperation(view: DataView, at: number, operation: Operation): void {
  view.setUint32(at + OPERATION.xid, operation.xid, true);
  view.setUint32(at + OPERATION.task_id, operation.taskId, true);
  view.setUint32(at + OPERATION.process_id, operation.processId, true);
  writeComm(view, at + OPERATION.comm, operation.comm);
  view.setBigUint64(at + OPERATION.start_ns, operation.startNs, true);
}

/**
 * Lines of operations in memory, read in place. Offsets are bytes from the start of the memory. The memory may change
 * underneath: `startNs` is the sequence number, so read it before and after the other fields.
 */
export class OperationMemory {
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #longs: BigUint64Array;

  constructor(buffer: ArrayBufferLike) {
    this.byteLength = buffer.byteLength;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#longs = new BigUint64Array(buffer);
  }

  /** The low half of start_ns, which is enough to see whether a line changed. */
  startLow(at: number): number {
    return this.#words[(at + OPERATION.start_ns) >> 2] ?? 0;
  }

  startHigh(at: number): number {
    return this.#words[(at + OPERATION.start_ns + 4) >> 2] ?? 0;
  }

  startNs(at: number): bigint {
    return this.#longs[(at + OPERATION.start_ns) >> 3] ?? 0n;
  }

  /** The whole line as plain data. */
  read(at: number): Operation {
    return {
      startNs: this.startNs(at),
      xid: this.#words[(at + OPERATION.xid) >> 2] ?? 0,
      taskId: this.#words[(at + OPERATION.task_id) >> 2] ?? 0,
      processId: this.#words[(at + OPERATION.process_id) >> 2] ?? 0,
      comm: readComm(this.#bytes, at + OPERATION.comm),
    };
  }
}

/**
 * An operation in the form of a request in evidence: it has neither session nor tree yet, and its xid as message id.
 */
export function asEvidence({ startNs, xid, taskId, processId, comm }: Operation): Request {
  return {
    startNs,
    taskId,
    processId,
    comm,
    messageId: BigInt(xid),
    kind: KIND.OPERATION,
    latencyNs: 0,
    sessionId: 0n,
    treeId: 0,
    ntStatus: 0,
    errno: 0,
    command: 0,
    flags: 0,
  };
}
