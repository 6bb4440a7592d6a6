// The parts of the page's script that need no document: views, and the request at the pointer.

import { describe, expect, test } from "bun:test";
import { readData } from "../../../src/report/browser/data.ts";
import { rowAt, rowsInView, slowest } from "../../../src/report/browser/find.ts";
import { boxed, clampView, moved, xOf, yOf, zoomed } from "../../../src/report/browser/view.ts";
import { readManifestFacts } from "../../../src/report/manifest-facts.ts";
import { dataChunks } from "../../../src/report/plot-section.ts";
import { readRequests } from "../../../src/report/read-requests.ts";
import { ERROR, EVERYDAY } from "../../../src/report/state.ts";
import { summarize } from "../../../src/report/summary.ts";
import { seeded } from "../../helpers/random.ts";
import { aStory } from "../../helpers/story.ts";

const WHOLE = { fromUs: 0, toUs: 1e6, low: 5, high: 10 };
const SIZE = { width: 1000, height: 500 };
const ALL = { hiddenHues: new Set<number>(), share: undefined };

const story = aStory(4000);
const table = readRequests(story.files.get("requests.csv") ?? new Uint8Array(0));
const facts = readManifestFacts(JSON.parse(new TextDecoder().decode(story.files.get("manifest.json"))));
const summary = summarize(table, facts);
const requests = readData(dataTextOf(table, summary));

/** The content of the page's data element. */
function dataTextOf(...args: Parameters<typeof dataChunks>): string {
  const text = [...dataChunks(...args)]
    .map((chunk) => ("text" in chunk ? chunk.text : new TextDecoder().decode(chunk)))
    .join("");
  return text.replace(/^<script[^>]*>|<\/script>$/g, "");
}

describe("a view", () => {
  test("never leaves the whole plot", () => {
    const random = seeded();
    let view = WHOLE;
    for (let i = 0; i < 2000; i++) {
      const wish = random.chance(0.5)
        ? zoomed(view, random.int(1, 400) / 100, random.int(0, 100) / 100)
        : moved(view, random.int(-300, 300) / 100, random.int(-300, 300) / 100);
      view = clampView(WHOLE, wish);
      expect(view.fromUs, random.seedText).toBeGreaterThanOrEqual(0);
      expect(view.toUs, random.seedText).toBeLessThanOrEqual(1e6 + 1e-6);
      expect(view.toUs - view.fromUs, random.seedText).toBeGreaterThan(0);
      expect(view.high - view.low, random.seedText).toBeGreaterThan(0);
    }
  });

  test("keeps the point under the pointer in its place", () => {
    const view = zoomed(WHOLE, 0.5, 0.3);
    expect(xOf(view, SIZE, 300_000)).toBeCloseTo(300);
  });

  test("of a flat box changes only the times", () => {
    expect(boxed(WHOLE, SIZE, [500, 100], [100, 110])).toEqual({ ...WHOLE, fromUs: 1e5, toUs: 5e5 });
    expect(boxed(WHOLE, SIZE, [100, 100], [500, 400])).toEqual({ fromUs: 1e5, toUs: 5e5, low: 6, high: 9 });
  });
});

describe("the page's data", () => {
  test("tells failures from everyday answers and from steps of the protocol", () => {
    const head =
      "time_utc,boot_ns,latency_ns,state,command,nt_status,errno,session_id,tree_id,message_id,pid,tid,comm,share\n";
    const replied = (id: number, reply: string) =>
      `2026-11-25T09:00:00.000000Z,${id}000,1000000,error,${reply},0x1,0x1,${id},1,1,p,//a/x\n`;
    const rows = [
      replied(1, "SMB2_QUERY_DIRECTORY,0x80000006,ENOENT"),
      replied(2, "SMB2_SESSION_SETUP,0xc0000016,EIO"),
      replied(3, "SMB2_WRITE,0xc000007f,ENOSPC"),
    ];
    const errors = readRequests(new TextEncoder().encode(head + rows.join("")));
    const figures = summarize(errors, readManifestFacts({}));
    expect([...readData(dataTextOf(errors, figures)).state]).toEqual([EVERYDAY, EVERYDAY, ERROR]);
  });

  test("are the table, as precisely as a plot can show it", () => {
    expect(requests.count).toBe(4000);
    expect([...requests.sentUs]).toEqual([...table.sentUs]);
    expect([...requests.messageId]).toEqual([...table.messageId]);
    expect([...requests.sender]).toEqual([...table.sender]);
    for (const row of summary.worst) expect(requests.latencyNs[row]).toBe(table.latencyNs[row] ?? 0);
  });

  test("every request is found where it is drawn, or the one that hides it", () => {
    const view = { fromUs: 0, toUs: requests.head.frozenUs, low: 4, high: 11 };
    for (let row = 0; row < requests.count; row += 37) {
      const at = [
        xOf(view, SIZE, requests.sentUs[row] ?? 0),
        yOf(view, SIZE, requests.level[row] ?? 0),
      ] as const;
      const found = rowAt(requests, view, SIZE, ALL, at) ?? -1;
      expect(yOf(view, SIZE, requests.level[found] ?? 0)).toBeCloseTo(at[1], 0);
    }
    expect(rowAt(requests, view, SIZE, ALL, [500, 3])).toBeUndefined();
  });

  test("filtered requests are neither in view nor found", () => {
    const view = { fromUs: 0, toUs: requests.head.frozenUs, low: 4, high: 11 };
    const share = requests.head.shares.indexOf("//backup.example.net/vault");
    const rows = rowsInView(requests, view, { ...ALL, share });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(requests.count);
    expect(rows.every((row) => requests.share[row] === share)).toBe(true);
    const none = { hiddenHues: new Set([0, 1, 2, 3, 4, 5, 6, 7]), share: undefined };
    expect(rowsInView(requests, view, none)).toEqual([]);
  });

  test("the slowest requests are those in flight", () => {
    const rows = slowest(requests, [...requests.latencyNs.keys()], 3);
    expect(rows.map((row) => requests.state[row])).toEqual([2, 2, 2]);
  });
});
