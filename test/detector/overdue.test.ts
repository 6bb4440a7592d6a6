import { describe, expect, test } from "bun:test";
import {
  COUNTED,
  FOLLOWED_MAX,
  FORGET_AFTER_NS,
  identityOf,
  OVERDUE_MAX,
  OverdueRequests,
  REPORTED,
} from "../../src/detector/overdue.ts";
import type { Request } from "../../src/model/request.ts";
import { aRequest } from "../helpers/request.ts";

function inFlight(startMs: number): Request {
  return aRequest({ startMs, latencyMs: 0 });
}

const marks = (rules: number) => new Uint8Array(rules);

describe("OverdueRequests", () => {
  test("a request is found by its line, and a later one of the same line is not", () => {
    const overdue = new OverdueRequests();
    const entry = overdue.add(inFlight(5), 64, 0, marks(2));
    expect(overdue.atLine(64, 5e6)).toBe(entry as NonNullable<typeof entry>);
    expect(overdue.atLine(64, 6e6)).toBeUndefined();
    expect(overdue.atLine(128, 5e6)).toBeUndefined();
  });

  test("the marks of a request are returned once", () => {
    const overdue = new OverdueRequests();
    const request = inFlight(5);
    const entry = overdue.add(request, 64, 0, marks(2));
    entry?.marks.set([0, COUNTED | REPORTED]);
    const complete = { ...request, latencyNs: 77 };
    expect([...(overdue.take(complete)?.marks ?? [])]).toEqual([0, COUNTED | REPORTED]);
    expect(overdue.take(complete)).toBeUndefined();
    expect(overdue.atLine(64, 5e6)).toBeUndefined();
  });

  test("an entry whose line has gone stays until the record of its end must have arrived", () => {
    const overdue = new OverdueRequests();
    const [stays, goes] = [inFlight(5), inFlight(6)];
    const staying = overdue.add(stays, 0, 0, marks(1));
    overdue.add(goes, 64, 0, marks(1));
    if (staying !== undefined) staying.foundIn = 1;
    overdue.sweep(1, 1e9);
    overdue.sweep(1, 1e9 + FORGET_AFTER_NS - 1);
    expect([...overdue].map(identityOfEntry)).toEqual([identityOf(stays), identityOf(goes)]);
    overdue.sweep(1, 1e9 + FORGET_AFTER_NS);
    expect([...overdue].map(identityOfEntry)).toEqual([identityOf(stays)]);
  });

  test("a request that lost its line is followed, with its marks", () => {
    const overdue = new OverdueRequests();
    const request = inFlight(5);
    overdue.add(request, 64, 0, marks(1))?.marks.set([COUNTED]);
    expect(overdue.follow(request, 0, marks(1))).toBe(false);
    expect(overdue.follow(request, 0, marks(1))).toBe(false);
    expect(overdue.followed).toBe(1);
    overdue.sweep(9, 1e12);
    expect([...overdue].map(({ at, marks }) => [at, marks[0]])).toEqual([[undefined, COUNTED]]);
    overdue.take(request);
    expect(overdue.followed).toBe(0);
  });

  test("a lost line belongs to the request that has it now", () => {
    const overdue = new OverdueRequests();
    const [first, second] = [inFlight(5), inFlight(6)];
    overdue.add(first, 64, 0, marks(1));
    overdue.add(second, 64, 0, marks(1));
    overdue.take(first);
    expect(overdue.atLine(64, 6e6)?.request).toEqual(second);
  });

  test("the number is bounded: new requests with a line are refused, and the oldest without a line is dropped", () => {
    const overdue = new OverdueRequests();
    for (let i = 0; i < OVERDUE_MAX; i++) overdue.add(inFlight(i + 1), i * 64, 0, marks(1));
    expect(overdue.add(inFlight(999_999), OVERDUE_MAX * 64, 0, marks(1))).toBeUndefined();
    const followed = Array.from({ length: FOLLOWED_MAX + 1 }, (_, i) => inFlight(1e6 + i));
    expect(followed.map((request) => overdue.follow(request, 0, marks(1))).filter(Boolean)).toHaveLength(1);
    expect(overdue.followed).toBe(FOLLOWED_MAX);
    expect(overdue.take(followed[0] as Request)).toBeUndefined();
    expect(overdue.take(followed[1] as Request)).toBeDefined();
  });

  test("other rules take over the marks under their name", () => {
    const overdue = new OverdueRequests();
    overdue.add(inFlight(5), 0, 0, marks(2))?.marks.set([COUNTED, REPORTED]);
    overdue.remap((old) => Uint8Array.from([1, -1, 0], (place) => old[place] ?? 0));
    expect([...overdue].map(({ marks }) => [...marks])).toEqual([[REPORTED, 0, COUNTED]]);
  });
});

function identityOfEntry({ request }: { readonly request: Request }): string {
  return identityOf(request);
}
