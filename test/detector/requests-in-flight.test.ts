import { describe, expect, test } from "bun:test";
import { Compounds } from "../../src/detector/compounds.ts";
import { Ledger } from "../../src/detector/ledger.ts";
import { OVERDUE_MAX } from "../../src/detector/overdue.ts";
import { RequestsInFlight } from "../../src/detector/requests-in-flight.ts";
import { TABLE_WITNESS } from "../../src/detector/witness.ts";
import { type Request, RequestMemory, writeRequest } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable } from "../helpers/request-table.ts";
import { aLatencyRule } from "../helpers/rule.ts";

const MS = 1e6;

/** A table in which the reply comes while a line is read. */
class ShiftyMemory extends RequestMemory {
  override read(at: number): Request {
    const request = super.read(at);
    writeRequest(new DataView(this.buffer), at, { ...request, latencyNs: 7 });
    return request;
  }
}

describe("RequestsInFlight", () => {
  const ledger = () => new Ledger([aLatencyRule({ acceptableCount: 1, slowMs: 10, emergencyMs: 1000 })]);
  const open = (startMs: number) => aRequest({ startMs, latencyMs: 0 });

  test("the next scan may be late for slow limits, but not for emergency limits", () => {
    const inFlight = new RequestsInFlight(
      new RequestMemory(aTable([open(995), open(998)])),
      TABLE_WITNESS,
      new Compounds(),
    );
    inFlight.scan(ledger(), 1000 * MS);
    expect(inFlight.due).toEqual({ slowDueNs: 1005 * MS, exactDueNs: 1995 * MS });
  });

  test("a line whose command can't be read yet is due at the lowest limit", () => {
    const inFlight = new RequestsInFlight(
      new RequestMemory(aTable([open(999.5)])),
      TABLE_WITNESS,
      new Compounds(),
    );
    inFlight.scan(ledger(), 1000 * MS);
    expect(inFlight.due.slowDueNs).toBe(1009.5 * MS);
  });

  test("an empty table needs no scan", () => {
    const inFlight = new RequestsInFlight(new RequestMemory(aTable([])), TABLE_WITNESS, new Compounds());
    expect(inFlight.scan(ledger(), 1000 * MS)).toBe(0);
    expect(inFlight.due).toEqual({ slowDueNs: Infinity, exactDueNs: Infinity });
  });

  test("a line that changed while it was read is ignored", () => {
    const book = ledger();
    new RequestsInFlight(new ShiftyMemory(aTable([open(100)])), TABLE_WITNESS, new Compounds()).scan(
      book,
      1000 * MS,
    );
    expect(book.takeDue(1000 * MS)).toEqual([]);
    new RequestsInFlight(new RequestMemory(aTable([open(100)])), TABLE_WITNESS, new Compounds()).scan(
      book,
      1000 * MS,
    );
    expect(book.takeDue(1000 * MS)).toHaveLength(1);
  });

  test("the number of overdue requests is bounded", () => {
    const requests = Array.from({ length: OVERDUE_MAX + 10 }, (_, i) => open(1 + i / 100));
    const book = ledger();
    const inFlight = new RequestsInFlight(
      new RequestMemory(aTable(requests)),
      TABLE_WITNESS,
      new Compounds(),
    );
    inFlight.scan(book, 500 * MS);
    inFlight.scan(book, 600 * MS);
    expect(book.takeAll().reduce((sum, { count }) => sum + count, 0)).toBe(OVERDUE_MAX);
    expect(inFlight.counts.inFlight).toBe(OVERDUE_MAX + 10);
  });
});
