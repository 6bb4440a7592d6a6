import { describe, expect, test } from "bun:test";
import type { Request } from "../../src/model/request.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { anOrder } from "../helpers/order.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { aTable } from "../helpers/request-table.ts";
import { wholeRequestsCsv } from "../helpers/requests-csv.ts";

function encode(requests: readonly Request[], order = anOrder()) {
  const recorder = readRecorder(aTable(requests), order.watchingSinceNs, order.frozenAt.monotonicNs);
  const { bytes, scrubbed } = wholeRequestsCsv(recorder, order);
  return { text: new TextDecoder().decode(bytes), scrubbed };
}

function csvOf(...of: Parameters<typeof encode>): string {
  return encode(...of).text;
}

/** Parses RFC 4180 with line feeds, as a spreadsheet does. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (let at = 0; at < text.length; ) {
    let cell = "";
    if (text[at] === '"') {
      for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        if (text[at] === '"') at++;
        cell += text[at];
      }
      at++;
    } else {
      for (; text[at] !== "," && text[at] !== "\n"; at++) cell += text[at];
    }
    rows.at(-1)?.push(cell);
    if (text[at] === "\n" && at + 1 < text.length) rows.push([]);
    else if (text[at] !== "," && text[at] !== "\n") throw new Error(`text behind a cell at ${at}`);
    at++;
  }
  return rows;
}

describe("requests.csv", () => {
  test("has the columns of the contract", () => {
    expect(csvOf([])).toBe(
      "time_utc,boot_ns,latency_ns,state,command,nt_status,errno,session_id,tree_id,message_id,pid,tid,comm,share\n",
    );
  });

  test("has a line for each request, oldest first", () => {
    const requests = [
      aRequest({ startMs: 99_000, latencyMs: 12, messageId: 9n }),
      aRequest({ startMs: 98_000, latencyMs: 0, messageId: 8n, comm: 'a,"b"' }),
    ];
    const [, first, second, end] = csvOf(requests).split("\n");
    expect(first).toBe(
      '2026-11-23T01:23:43.678000Z,98000000000,2000000000,in_flight,SMB2_READ,,,0x1122334455667788,0x5,8,4200,4242,"a,""b""",//files/data',
    );
    expect(second).toContain(",99000000000,12000000,done,SMB2_READ,0x00000000,,");
    expect(end).toBe("");
  });

  test.each(["=cmd|x", "+1", "-1", "@SUM"])("turns the formula %s into text", (comm) => {
    expect(parseCsv(csvOf([aRequest({ comm })]))[1]?.[12]).toBe(`'${comm}`);
  });

  test("has no password of a share or a task, also across the borders of its chunks, and counts each", () => {
    const requests = Array.from({ length: 3000 }, (_, i) =>
      aRequest({ startMs: 1000 + i, treeId: i % 3, comm: i % 2 === 0 ? "pw -pw hunt" : "postgres" }),
    );
    const [{ sessionId } = aRequest()] = requests;
    const shares = ["//joe:hunter2@files/a", "//joe:hun,ter2@files/b", "//files:445/data"].map(
      (share, treeId) => ({ sessionId, treeId, share }),
    );
    const { text, scrubbed } = encode(requests, anOrder({ shares }));
    expect(scrubbed).toBe(1500 + 2000);
    expect(text).not.toMatch(/hunt|ter2/);
    const rows = parseCsv(text).slice(1);
    expect(rows.slice(0, 3).map((row) => row.slice(12))).toEqual([
      ["pw -pw [scrubbed]", "//joe:[scrubbed]@files/a"],
      ["postgres", "//joe:[scrubbed]@files/b"],
      ["pw -pw [scrubbed]", "//files:445/data"],
    ]);
  });

  test("has one line of 14 cells for each request, whatever tasks and servers are called", () => {
    const random = seeded();
    const requests = Array.from({ length: 500 }, (_, index) =>
      aRequest({ comm: anyText(random, 11, 255), treeId: index, startMs: 1000 + index }),
    );
    const shares = requests.map(({ sessionId, treeId }) => ({
      sessionId,
      treeId,
      share: anyText(random, 40, 0xd7ff),
    }));
    const text = csvOf(requests, anOrder({ shares }));
    expect(text.split("\n").length, random.seedText).toBe(502);
    const rows = parseCsv(text);
    for (const row of rows) {
      expect(row.length, random.seedText).toBe(14);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
      expect(row.join(), random.seedText).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(row[12], random.seedText).not.toMatch(/^[=+\-@]/);
      expect(row[13], random.seedText).not.toMatch(/^[=+\-@]/);
    }
  });
});

/** Text without NUL, with many characters that break CSV. */
function anyText(random: Random, maxLength: number, maxCode: number): string {
  const one = () =>
    random.chance(0.5)
      ? random.pick([..."\",\n\r=+-@;\t'"] as [string])
      : String.fromCharCode(random.int(1, maxCode));
  return Array.from({ length: random.int(0, maxLength) }, one).join("");
}
