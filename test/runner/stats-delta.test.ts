import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareStats } from "../../src/runner/stats-delta.ts";
import { anOrder, FROZEN_AT } from "../helpers/order.ts";
import { seeded } from "../helpers/random.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../cifs/fixtures", name), "utf8");
const STATS = fixture("stats-6.12.txt");
const DEBUG_DATA = fixture("debugdata-6.12.txt");

const GUEST = join(import.meta.dir, "../cifs/fixtures/guest/6.1");

/** The lines that cifs_debug.c:cifs_stats_proc_show prints if there were slow responses. */
const SLOW = "  2 slow responses from 127.0.0.1 for command 5";

const both = (stats: string, debugData: string) =>
  `==> /proc/fs/cifs/Stats <==\n${stats}\n==> /proc/fs/cifs/DebugData <==\n${debugData}`;

function compare(now: string, before = both(STATS, DEBUG_DATA)): string {
  const takenNs = FROZEN_AT.monotonicNs - 30e9;
  return compareStats(now, anOrder(), { text: before, takenNs, reason: "attached" });
}

describe("the client's counters", () => {
  test("show the changes by share, and nothing else", () => {
    const stats = STATS.replace("Creates: 6 total 0 failed", "Creates: 10 total 1 failed")
      .replace("SMBs: 20 since", "SMBs: 24 since")
      .replace("  5\t\t6\t135\t\t4\t48", "  5\t\t10\t995\t\t4\t845")
      .replace("0 session 0 share", "1 session 2 share")
      .replace("\n\n1) ", `\n${SLOW.replace("2 slow", "6 slow")}\n\n1) `);
    const text = compare(
      both(stats, DEBUG_DATA),
      both(STATS.replace("\n\n1) ", `\n${SLOW}\n\n1) `), DEBUG_DATA),
    );
    expect(text).toStartWith("compared with a sample 30.0 s older than the capture, of ");
    expect(text.slice(text.indexOf("\nall servers")).replaceAll(/ {2,}/g, "  ")).toBe(
      "\nall servers\n  1 session 2 share reconnects  +1, +2\n" +
        "\nserver of \\\\127.0.0.1\\alpha\n  command 5: 10 995 4 845  +4, +860, 0, +797\n" +
        "  slow responses to command 5: 6  +4\n" +
        "\n\\\\127.0.0.1\\alpha\n  SMBs: 24 since 2026-11-25 01:38:28 UTC  +4\n" +
        "  Creates: 10 total 1 failed  +4, +1\n",
    );
  });

  test("show each connection before and now", () => {
    const now = DEBUG_DATA.replace("credits: 970,1,1", "credits: 1,1,1").replace(
      "Instance: 1\n",
      "Instance: 3\n",
    );
    expect(compare(both(STATS, now))).toContain(
      "\n  127.0.0.1 0x1\n" +
        "    then: connection 0x1, dialect 0x311, status good, reconnects 0, credits 970, in flight 9, waiting for credits 10\n" +
        "    now:  connection 0x1, dialect 0x311, status good, reconnects 2, credits 1, in flight 9, waiting for credits 10\n",
    );
  });

  test("show what is new and what is gone", () => {
    const more = STATS.slice(STATS.indexOf("\n1) ")).replace(
      "1) \\\\127.0.0.1\\alpha",
      "2) \\\\127.0.0.1\\beta\tDISCONNECTED ",
    );
    const text = compare(both(STATS + more, ""));
    expect(text).toContain("\n  127.0.0.1 0x1 is gone\n");
    expect(text).toContain("\n\\\\127.0.0.1\\beta (was not there)\n");
    expect(text).not.toContain("alpha");
    expect(compare(both(STATS, DEBUG_DATA), both(STATS, ""))).toContain("    then: was not there\n");
  });

  /** The trees of one share in the kernel's order, each with two of its counters. */
  const trees = (...counted: readonly (readonly [smbs: number, reads: number])[]) =>
    `0 session 0 share reconnects\n${counted
      .map(
        ([smbs, reads], i) =>
          `\n${i + 1}) \\\\files\\data\nSMBs: ${smbs}\nOpen files: 1 total (local), ${i} open on server\nReads: ${reads} total 0 failed`,
      )
      .join("")}\n`;
  const changes = (before: string, now: string) => {
    const text = compare(both(now, ""), both(before, ""));
    return text.slice(text.indexOf("\n\\\\files")).replaceAll(/ {2,}/g, "  ");
  };

  test("of several trees of one share are added", () => {
    expect(changes(trees([100, 10], [5000, 50]), trees([5000, 10], [5001, 50]))).toBe(
      "\n\\\\files\\data (2 trees)\n  SMBs: 10001  +4901\n",
    );
  });

  test("of a share that lost a tree are those of the remaining trees", () => {
    expect(changes(trees([100, 0], [50, 50]), trees([120, 0]))).toBe(
      "\n\\\\files\\data (1 tree, 1 gone)\n  SMBs: 120  +20\n",
    );
  });

  test("of a share with a new tree include all counts of that tree", () => {
    expect(changes(trees([50, 5]), trees([7, 0], [51, 5]))).toBe(
      "\n\\\\files\\data (2 trees, 1 new)\n  SMBs: 58  +8\n  Open files: 2 total (local), 1 open on server  +1, +1\n",
    );
  });

  test("that decreased were reset: their whole value was counted since then", () => {
    expect(changes(trees([50, 5]), trees([7, 0]))).toContain(
      "\\\\files\\data (another tree, or its counters were reset)\n  SMBs: 7  +7\n",
    );
    const reset = compare(both("1 session 2 share reconnects", ""), both("5 session 9 share reconnects", ""));
    expect(reset.replaceAll(/ {2,}/g, "  ")).toContain(
      "all servers\n  1 session 2 share reconnects  +1, +2\n",
    );
  });

  test("never decrease, and are exact while the trees stay", () => {
    const random = seeded();
    for (let round = 0; round < 200; round++) {
      const before = Array.from(
        { length: random.int(1, 6) },
        () => [random.int(0, 99), random.int(0, 9)] as const,
      );
      const added = before.map(
        ([smbs, reads]) => [smbs + random.int(0, 99), reads + random.int(0, 9)] as const,
      );
      const isCut = random.chance(0.5);
      const now = isCut ? added.filter(() => random.chance(0.7)) : added;
      const text = changes(trees(...before), trees(...now));
      const shown = text.split("\n").filter((line) => /SMBs|Reads/.test(line));
      expect(shown.join("\n"), `${random.seedText}\n${text}`).not.toMatch(/ -\d/);
      const total = (of: readonly (readonly [number, number])[]) => of.reduce((sum, [smbs]) => sum + smbs, 0);
      if (!isCut && total(now) > total(before))
        expect(text, random.seedText).toContain(`SMBs: ${total(now)}  +${total(now) - total(before)}\n`);
    }
  });

  test("of two connections that begin with the same share stay separate", () => {
    const stats = readFileSync(join(GUEST, "nosharesock/stats.txt"), "utf8");
    const changed = stats.replace(/SMBs: 19/, "SMBs: 24").replace(/SMBs: 20/, "SMBs: 21");
    const now = changed.replace(/^ {2}5\t\t.*$/m, "  5\t\t99\t9999\t\t9\t99");
    const text = compare(both(now, ""), both(stats, ""));
    expect(text).toContain("server of \\\\fileserver1\\nosharesock, connection 1\n  command 5: 99 9999 9 99");
    expect(text).not.toContain("connection 2");
    expect(text).toMatch(/nosharesock \(2 trees\)\n {2}SMBs: 45 +\+6\n/);
  });

  test("of a server without shares are shown", () => {
    const server = (inFlight: number) => `Max requests in flight: 3\n  5 ${inFlight} 10 1 1\n`;
    expect(compare(both(server(9), ""), both(server(2), ""))).toMatch(
      /a server without shares\n {2}command 5: 9 10 1 1 +\+7, 0, 0, 0\n/,
    );
  });

  test("without a change are only the connections", () => {
    expect(compare(both(STATS, DEBUG_DATA))).not.toContain("all servers");
  });

  test("are all shown without a baseline", () => {
    const now = both(STATS, DEBUG_DATA);
    expect(compareStats(now, anOrder(), undefined)).toEndWith(now);
  });

  test.each([
    "",
    "\0",
    "1) \\\\",
    "Max requests in flight",
    "1 2 3\n".repeat(10_000),
    "==> /proc/fs/cifs/Stats <==\n",
  ])("accept any text: %#", (text) => expect(() => compare(text, text)).not.toThrow());
});
