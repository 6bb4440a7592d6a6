import { describe, expect, test } from "bun:test";
import { type Operation, OperationMemory, writeOperation } from "../../src/model/operation.ts";
import { OPERATION } from "../../src/model/request.gen.ts";

const SMALL: Operation = { startNs: 1n, xid: 0, taskId: 1, processId: 1, comm: "" };
const LARGE: Operation = {
  startNs: 0xffff_ffff_ffff_fffen,
  xid: 0xffff_ffff,
  taskId: 0xffff_fffe,
  processId: 0xffff_fffd,
  comm: "eleven-byte",
};

describe("a line of operations", () => {
  test.each([
    ["smallest", SMALL],
    ["largest", LARGE],
  ] as const)("of the %s values is read as it was written, and touches no other", (_, operation) => {
    const bytes = new Uint8Array(3 * OPERATION.BYTES).fill(0x5a);
    writeOperation(new DataView(bytes.buffer), OPERATION.BYTES, operation);
    const memory = new OperationMemory(bytes.buffer);
    expect(memory.read(OPERATION.BYTES)).toEqual(operation);
    const start =
      (BigInt(memory.startHigh(OPERATION.BYTES)) << 32n) | BigInt(memory.startLow(OPERATION.BYTES));
    expect(start).toBe(operation.startNs);
    const others = [...bytes.subarray(0, OPERATION.BYTES), ...bytes.subarray(2 * OPERATION.BYTES)];
    expect(others.every((byte) => byte === 0x5a)).toBe(true);
  });

  test("cuts a name that is too long", () => {
    const view = new DataView(new ArrayBuffer(OPERATION.BYTES));
    writeOperation(view, 0, { ...LARGE, comm: "a-name-of-more-than-twelve" });
    expect(new OperationMemory(view.buffer).read(0).comm).toBe("a-name-of-mo");
  });
});
