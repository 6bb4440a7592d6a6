import { describe, expect, test } from "bun:test";
import { KIND } from "../../src/model/request.gen.ts";
import { evidenceAtFreeze } from "../../src/runner/evidence.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable } from "../helpers/request-table.ts";

const recorderOf = (...requests: readonly ReturnType<typeof aRequest>[]) =>
  readRecorder(aTable(requests), 0, 100e9);

describe("evidence", () => {
  const open = aRequest({ startMs: 5, latencyNs: 0, messageId: 7n });

  test("that was counted before its reply has the reply if it came before the freeze", () => {
    const complete = { ...open, latencyNs: 300_000_000, ntStatus: 0xc000_0022 };
    const other = aRequest({ startMs: 6, latencyMs: 1, messageId: 8n });
    expect(evidenceAtFreeze([open], recorderOf(other, complete))).toEqual([complete]);
  });

  test("without a reply is still in flight", () => {
    expect(evidenceAtFreeze([open], recorderOf(open))).toEqual([open]);
  });

  test("stays as it was if its slot was reused, even by a request that began at the same time", () => {
    const complete = { ...open, latencyNs: 300_000_000 };
    const others = [
      { ...complete, messageId: 9n },
      { ...complete, taskId: open.taskId + 1 },
    ];
    expect(evidenceAtFreeze([open], recorderOf(...others))).toEqual([open]);
  });

  test("that was complete, or is not a request, is not searched for", () => {
    const done = aRequest({ startMs: 5, latencyMs: 3 });
    const signal = aRequest({ startMs: 5, latencyNs: 0, kind: KIND.SIGNAL });
    const recorder = recorderOf({ ...done, latencyNs: 1 }, { ...signal, kind: KIND.REQUEST, latencyNs: 1 });
    expect(evidenceAtFreeze([done, signal], recorder)).toEqual([done, signal]);
  });
});
