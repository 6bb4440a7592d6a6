import { describe, expect, test } from "bun:test";
import { FLAG, KIND, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import {
  endNs,
  type Request,
  RequestMemory,
  stateOf,
  whatIs,
  writeRequest,
} from "../../src/model/request.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";

describe("a record", () => {
  test("is read as it was written, in any place, next to any other", () => {
    const random = seeded();
    const table = new ArrayBuffer(64 * REQUEST_BYTES);
    const view = new DataView(table);
    const memory = new RequestMemory(table);
    const written = new Map<number, Request>();
    for (let round = 0; round < 2000; round++) {
      const at = random.int(0, 63) * REQUEST_BYTES;
      const request = anyRequest(random);
      writeRequest(view, at, request);
      written.set(at, request);
      const [place, expected] = random.pick([...written] as [[number, Request]]);
      expect(memory.read(place), random.seedText).toEqual(expected);
      expect(memory.startHigh(at) * 2 ** 32 + memory.startLow(at), random.seedText).toBe(
        Number(request.startNs),
      );
    }
  });

  test("is read in a part of a larger memory", () => {
    const table = new ArrayBuffer(3 * REQUEST_BYTES);
    const request = aRequest({ comm: "eleven-byte" });
    writeRequest(new DataView(table), REQUEST_BYTES, request);
    expect(new RequestMemory(table, REQUEST_BYTES, REQUEST_BYTES).read(0)).toEqual(request);
  });
});

describe("a request's state", () => {
  test.each([
    ["in_flight", 0, 0],
    ["in_flight", 0, FLAG.AMBIGUOUS],
    ["done", 1, FLAG.REPLIED],
    ["error", 1, FLAG.REPLIED | FLAG.ERRORED],
    ["lost", 1, FLAG.TAIL],
    ["lost", 1, FLAG.SUPERSEDED],
    ["lost", 1, FLAG.REAPED],
  ] as const)("%s: latency %d, flags %d", (state, latencyNs, flags) => {
    expect(stateOf(aRequest({ latencyNs, flags }))).toBe(state);
  });

  test("its end is its start and its latency", () => {
    expect(endNs(aRequest({ startMs: 5, latencyMs: 2 }))).toBe(7e6);
  });
});

function anyRequest(random: Random): Request {
  const u32 = () => random.pick([0, 1, 0xffff_ffff, random.int(0, 0xffff_ffff)]);
  const u64 = () => (BigInt(u32()) << 32n) | BigInt(u32());
  return {
    startNs: u64(),
    latencyNs: random.pick([0, 1, 2 ** 32, 2 ** 53 - 1, random.int(0, 2 ** 40)]),
    sessionId: u64(),
    messageId: u64(),
    treeId: u32(),
    taskId: u32(),
    processId: u32(),
    ntStatus: u32(),
    errno: random.int(0, 255),
    command: random.int(0, 255),
    flags: random.int(0, 255),
    kind: random.int(0, 255),
    comm: String.fromCharCode(...Array.from({ length: random.int(0, 11) }, () => random.int(1, 255))),
  };
}

test("an operation waits and has no name, or has failed and is called operation", () => {
  const waiting = aRequest({ kind: KIND.OPERATION, errno: 0 });
  const failed = aRequest({ kind: KIND.OPERATION, errno: 112 });
  expect([stateOf(waiting), whatIs(waiting)]).toEqual(["waiting", ""]);
  expect([stateOf(failed), whatIs(failed)]).toEqual(["error", "operation"]);
});
