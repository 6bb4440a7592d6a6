import { describe, expect, test } from "bun:test";
import { StatusCounter } from "../../src/detector/status-counter.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { FLAG } from "../../src/model/request.gen.ts";
import { aRequest } from "../helpers/request.ts";

const refused = (ntStatus: number) =>
  aRequest({ flags: FLAG.REPLIED | FLAG.ERRORED, ntStatus, errno: ERRNO.EIO });

describe("a tally of statuses", () => {
  test("each refusal is returned once", () => {
    const tally = new StatusCounter();
    for (const status of [1, 2, 2]) tally.add(refused(0xc0de_0000 + status));
    tally.add(aRequest({}));
    expect(tally.take().map(({ ntStatus, count }) => [ntStatus, count])).toEqual([
      [0xc0de_0002, 2],
      [0xc0de_0001, 1],
    ]);
    expect(tally.take()).toEqual([]);
  });

  test("memory is constant for ever new statuses, and rare ones are dropped first", () => {
    const tally = new StatusCounter();
    for (let n = 0; n < 10_000; n++) {
      tally.add(refused(0xc0de_0000 + n));
      tally.add(refused(0xc000_007f));
    }
    expect(tally.take()[0]).toMatchObject({ ntStatus: 0xc000_007f, count: 10_000 });
  });
});
