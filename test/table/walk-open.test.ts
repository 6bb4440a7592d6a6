import { describe, expect, test } from "bun:test";
import { COMMAND } from "../../src/model/command.ts";
import { REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { type Request, RequestMemory } from "../../src/model/request.ts";
import { SETTLED_AFTER_NS, TableScan } from "../../src/table/walk-open.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable, BEING_WRITTEN } from "../helpers/request-table.ts";

const MS = 1e6;

function scan(requests: readonly Request[], nowMs: number) {
  const open: (readonly [number, number, number | undefined])[] = [];
  const table = new RequestMemory(aTable(requests));
  const result = new TableScan(table).walk(nowMs * MS, (at, startNs, command) =>
    open.push([at, startNs, command]),
  );
  return { ...result, lines: open };
}

describe("TableScan", () => {
  test("an empty table has nothing open", () => {
    expect(scan([], 1000)).toEqual({ open: 0, newestStartNs: 0, lines: [] });
  });

  test("shows what is in flight: place, start, command", () => {
    const requests = [
      aRequest({ startMs: 900, latencyMs: 3 }),
      aRequest({ startMs: 800, latencyMs: 0, command: COMMAND.SMB2_CREATE }),
      aRequest({ startNs: BEING_WRITTEN, latencyMs: 0 }),
      aRequest({ startMs: 950, latencyMs: 0, command: COMMAND.SMB2_WRITE }),
    ];
    expect(scan(requests, 1000)).toEqual({
      open: 2,
      newestStartNs: 950 * MS,
      lines: [
        [REQUEST_BYTES, 800 * MS, COMMAND.SMB2_CREATE],
        [3 * REQUEST_BYTES, 950 * MS, COMMAND.SMB2_WRITE],
      ],
    });
  });

  test("the newest start is that of any line, open or not", () => {
    const requests = [aRequest({ startMs: 10, latencyMs: 0 }), aRequest({ startMs: 990, latencyMs: 5 })];
    expect(scan(requests, 1000).newestStartNs).toBe(990 * MS);
  });

  test("no field of a line that may still be in the making is believed", () => {
    const nowMs = 1000;
    const startNs = nowMs * MS - SETTLED_AFTER_NS;
    const requests = [
      aRequest({ startNs: BigInt(startNs), latencyMs: 0 }),
      aRequest({ startNs: BigInt(startNs + 1), latencyMs: 0 }),
    ];
    expect(scan(requests, nowMs).lines).toEqual([
      [0, startNs, COMMAND.SMB2_READ],
      [REQUEST_BYTES, startNs + 1, undefined],
    ]);
  });

  test("finds what a plain walk finds, from the first minute after boot to a year later", () => {
    const random = seeded();
    const minuteNs = 60e9;
    for (const uptimeNs of [minuteNs, 3600e9, 52 * 86400e9, 53 * 86400e9, 365 * 86400e9]) {
      const requests = Array.from({ length: 500 }, () =>
        aRequest({
          startNs: random.chance(0.1) ? 0n : BigInt(uptimeNs - random.int(0, minuteNs)),
          latencyNs: random.chance(0.3) ? 0 : random.int(1, minuteNs),
        }),
      );
      const open = requests.filter(({ startNs, latencyNs }) => startNs !== 0n && latencyNs === 0);
      const found = scan(requests, uptimeNs / MS);
      expect(found.open, random.seedText).toBe(open.length);
      expect(found.lines.map(([, startNs]) => startNs)).toEqual(open.map(({ startNs }) => Number(startNs)));
      expect(found.newestStartNs).toBe(Math.max(...requests.map(({ startNs }) => Number(startNs))));
    }
  });
});
