import { describe, expect, test } from "bun:test";
import type { Live } from "../../src/api/live.ts";
import { advanceTop } from "../../src/top/advance.ts";
import { UNICODE } from "../../src/top/glyphs.ts";
import { inFlightLines } from "../../src/top/in-flight.ts";
import { plainText } from "../../src/top/line.ts";
import { beginTop } from "../../src/top/state.ts";
import { aLive, anOpen, aRow } from "../helpers/live.ts";

/** @param down how many times the next row is selected. */
function linesOf(live: Live | undefined, down: number, height = 6): string[] {
  const begun = beginTop({ host: "db01", everyMs: 1000 });
  const shown = live === undefined ? begun : advanceTop(begun, { type: "live", live });
  const keys = Array.from({ length: down }, () => "down");
  const state = keys.reduce((before, key) => advanceTop(before, { type: "key", key }), shown);
  return inFlightLines(state, 60, height, UNICODE).map((line) => plainText(line).trimEnd());
}

/** A share whose old requests fill the list, and another with `ofB` requests, of which the document lists `listed`. */
function aFullList(ofB: number, listed: number): Live {
  const row = (key: string, count: number, rate: number) =>
    aRow(key, { rate_per_sec: rate }, { in_flight: count });
  const old = Array.from({ length: 100 - listed }, () => anOpen({ share: "//files/a", age_ms: 9000 }));
  const young = Array.from({ length: listed }, () => anOpen({ share: "//files/b", age_ms: 2000 }));
  return aLive({
    groups: { share: [row("//files/a", 250, 2), row("//files/b", ofB, 1)], command: [], process: [] },
    in_flight: [...old, ...young],
    in_flight_total: 250 + ofB,
  });
}

describe("the requests in flight of a row", () => {
  test("are counted as in the row if older ones of other rows fill the list", () => {
    expect(linesOf(aFullList(30, 0), 2)).toEqual([
      "IN FLIGHT 30 of //files/b, oldest first",
      "  30 are not among the 100 listed",
    ]);
    expect(linesOf(aFullList(1, 0), 2)).toEqual([
      "IN FLIGHT 1 of //files/b",
      "  1 is not among the 100 listed",
    ]);
  });

  test("are listed as far as the document has them, with the number of further ones", () => {
    const lines = linesOf(aFullList(30, 2), 2);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("IN FLIGHT 30 of //files/b, oldest first");
    expect(lines[3]).toBe("  28 are not among the 100 listed");
  });

  test("take the available lines, requests first", () => {
    const lines = linesOf(aFullList(30, 5), 2);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toContain("//files/b");
  });

  test("are none if the row has none", () => {
    const nothing = ["IN FLIGHT 0 of //files/b", "  no request waits for a reply"];
    expect(linesOf(aFullList(0, 0), 2)).toEqual(nothing);
  });

  test("include operations that are not sent yet, which no row counts", () => {
    const process = [aRow("postgres (812)", {}, { in_flight: 1 })];
    const live = aLive({
      groups: { share: process, command: [], process },
      in_flight: [anOpen({ command: null, share: "postgres (812)" }), anOpen({ share: "postgres (812)" })],
      in_flight_total: 2,
    });
    expect(linesOf(live, 1)).toHaveLength(3);
    expect(linesOf(live, 1)[0]).toContain("IN FLIGHT 2 of");
  });
});

describe("all requests in flight", () => {
  test("are all counted, though the list is limited", () => {
    const lines = linesOf(aFullList(30, 2), 0, 200);
    expect(lines[0]).toBe("IN FLIGHT 280, oldest first");
    expect(lines.at(-1)).toBe("  180 are not among the 100 listed");
  });

  test("are none, or not known yet", () => {
    expect(linesOf(aLive(), 0)).toEqual(["IN FLIGHT 0", "  no request waits for a reply"]);
    expect(linesOf(undefined, 0)).toEqual(["IN FLIGHT 0"]);
  });
});
