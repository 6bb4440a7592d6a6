// Request tables for tests, with the 64 bytes a line that the kernel side writes for a request.

import { ptr } from "bun:ffi";
import type { FrozenMemory } from "../../src/model/capture.ts";
import { type Operation, writeOperation } from "../../src/model/operation.ts";
import { GEOMETRY, OPERATION, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { type Request, RequestMemory, writeRequest } from "../../src/model/request.ts";

export const TABLE_BYTES = GEOMETRY.SETS * GEOMETRY.SET_LINES * REQUEST_BYTES;

/** start_ns of a line that a program is writing: AOD_BEING_WRITTEN. */
export const BEING_WRITTEN = 0xffff_ffff_ffff_ffffn;

/** A table of the kernel's size with these requests, each in the slot of its index. */
export function aTable(requests: readonly Request[], bytes = TABLE_BYTES): ArrayBuffer {
  const table = new ArrayBuffer(bytes);
  const view = new DataView(table);
  for (const [index, request] of requests.entries()) writeRequest(view, index * REQUEST_BYTES, request);
  return table;
}

// Memory whose address is in use stays referenced, so that it is not collected.
const LIVE = new Uint8Array(TABLE_BYTES);

/** The location of a table for threads: an empty one. */
export const LIVE_TABLE = { tableAddress: ptr(LIVE), tableBytes: LIVE.byteLength } as const;

/** The kernel side's memory with these requests and operations. */
export function aFrozen(
  requests: readonly Request[] = [],
  operations: readonly Operation[] = [],
): FrozenMemory {
  const lines = new ArrayBuffer(GEOMETRY.OPERATION_SETS * GEOMETRY.OPERATION_SET_LINES * OPERATION.BYTES);
  const view = new DataView(lines);
  for (const [index, operation] of operations.entries())
    writeOperation(view, index * OPERATION.BYTES, operation);
  return { table: aTable(requests), operations: lines };
}

/** The live table while a capture is made. */
export function aLiveTable(requests: readonly Request[] = []): RequestMemory {
  return new RequestMemory(aTable(requests));
}
