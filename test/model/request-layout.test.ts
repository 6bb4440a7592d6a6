// The decoder against bytes that C wrote from bpf/request.h. The values are those of test/fixtures/write-request.c.

import { describe, expect, test } from "bun:test";
import { FLAG, KIND, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { RequestMemory } from "../../src/model/request.ts";
import { testProgram } from "../helpers/bpf.ts";

function writtenByC(): RequestMemory {
  const { stdout, success } = Bun.spawnSync([testProgram("write-request")]);
  expect(success).toBe(true);
  return new RequestMemory(new Uint8Array(stdout).buffer);
}

describe("a record as C lays it out", () => {
  const memory = writtenByC();

  test("is as long as the generated file says", () => {
    expect(memory.byteLength).toBe(3 * REQUEST_BYTES);
  });

  test("has every field where the decoder looks for it", () => {
    expect(memory.read(0)).toEqual({
      startNs: 0x0102030405060708n,
      latencyNs: 0x0011121314151617,
      sessionId: 0x2122232425262728n,
      messageId: 0x3132333435363738n,
      treeId: 0x41424344,
      taskId: 0x51525354,
      processId: 0x61626364,
      ntStatus: 0xc0000034,
      errno: 2,
      command: 5,
      flags: FLAG.REPLIED | FLAG.ERRORED,
      kind: KIND.EVICTED,
      comm: "eleven-byte",
    });
  });

  test("loses nothing of the largest values, and has no sign", () => {
    expect(memory.read(REQUEST_BYTES)).toEqual({
      startNs: 0xffff_ffff_ffff_ffffn,
      latencyNs: 2 ** 53 - 1,
      sessionId: 0xffff_ffff_ffff_ffffn,
      messageId: 0xffff_ffff_ffff_ffffn,
      treeId: 0xffff_ffff,
      taskId: 0xffff_ffff,
      processId: 0xffff_ffff,
      ntStatus: 0xffff_ffff,
      errno: 255,
      command: 255,
      flags: 255,
      kind: 255,
      comm: "zzzzzzzzzzzz",
    });
    expect(memory.startHigh(REQUEST_BYTES)).toBe(0xffff_ffff);
    expect(memory.startLow(REQUEST_BYTES)).toBe(0xffff_ffff);
  });

  test("is zero and empty where nothing was written", () => {
    const empty = memory.read(2 * REQUEST_BYTES);
    expect(empty).toMatchObject({ startNs: 0n, latencyNs: 0, command: 0, flags: 0, kind: 0, comm: "" });
  });
});
