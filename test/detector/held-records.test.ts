import { describe, expect, test } from "bun:test";
import { HeldRecords } from "../../src/detector/held-records.ts";
import { TABLE_WITNESS } from "../../src/detector/witness.ts";
import { aRequest } from "../helpers/request.ts";

const awaiting = { ...TABLE_WITNESS, isAwaiting: () => true, holdUntilNs: 7 };

describe("HeldRecords", () => {
  test("records are returned in their order, once", () => {
    const held = new HeldRecords();
    const records = [aRequest({ taskId: 1 }), aRequest({ taskId: 2 })];
    expect(records.map((record) => held.hold(record, awaiting, 1))).toEqual([true, true]);
    expect(held.dueNs).toBe(7);
    expect(held.take()).toEqual(records);
    expect([held.dueNs, held.take().length]).toEqual([Infinity, 0]);
  });

  test("a record without a reading to wait for is not held", () => {
    expect(new HeldRecords().hold(aRequest(), TABLE_WITNESS, 1)).toBe(false);
  });

  test("the number of held records is bounded", () => {
    const held = new HeldRecords();
    const taken = Array.from({ length: 5000 }, () => held.hold(aRequest(), awaiting, 1)).filter(Boolean);
    expect(taken.length).toBe(4096);
    expect(held.take().length).toBe(4096);
  });
});
