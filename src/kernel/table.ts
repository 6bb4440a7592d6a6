// The request table and the operations as user space sees them: the kernel's memory, mapped for reading. Gives the live
// lines or a frozen copy; src/table/ interprets the lines.

import type { FrozenMemory } from "../model/capture.ts";
import { OperationMemory } from "../model/operation.ts";
import { OFFSET, OPERATION, REQUEST_BYTES } from "../model/request.gen.ts";
import { RequestMemory } from "../model/request.ts";
import type { SourceHandles, TableHandles } from "../model/source.ts";
import { presentMemory, viewOf } from "../system/memory.ts";

type OperationHandles = Pick<SourceHandles, "operationsAddress" | "operationsBytes">;

/** The live table: lines change while they are read. */
export function openTable({ tableAddress, tableBytes }: TableHandles): RequestMemory {
  return new RequestMemory(viewOf(tableAddress, tableBytes));
}

/** The live operations: lines change while they are read. */
export function openOperations({ operationsAddress, operationsBytes }: OperationHandles): OperationMemory {
  return new OperationMemory(viewOf(operationsAddress, operationsBytes));
}

/**
 * A copy of the whole table at this moment, owned by the caller, who may transfer it to another thread. If another
 * request took a line while it was copied, the copy marks it as being written: it may be half of each.
 */
export function freezeTable({ tableAddress, tableBytes }: TableHandles): ArrayBuffer {
  return freeze(viewOf(tableAddress, tableBytes), REQUEST_BYTES, OFFSET.start_ns);
}

/** A copy of the operations, with the same properties. */
export function freezeOperations({ operationsAddress, operationsBytes }: OperationHandles): ArrayBuffer {
  return freeze(viewOf(operationsAddress, operationsBytes), OPERATION.BYTES, OPERATION.start_ns);
}

/** Copies both, the table first, because it changes faster. */
export function freezeMemory(handles: TableHandles & OperationHandles): FrozenMemory {
  return { table: freezeTable(handles), operations: freezeOperations(handles) };
}

// --- internal ---

/** @param startAt offset of start_ns, the sequence number, in a line. */
function freeze(live: ArrayBuffer, lineBytes: number, startAt: number): ArrayBuffer {
  const frozen = presentMemory(live.byteLength);
  const liveWords = new Uint32Array(live);
  const frozenWords = new Uint32Array(frozen);
  frozenWords.set(liveWords);
  for (let at = startAt >> 2; at < frozenWords.length; at += lineBytes >> 2) {
    if (frozenWords[at] === liveWords[at]) continue;
    frozenWords[at] = 0xffff_ffff;
    frozenWords[at + 1] = 0xffff_ffff;
  }
  return frozen;
}
