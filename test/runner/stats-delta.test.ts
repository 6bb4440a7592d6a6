import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareStats } from "../../src/runner/stats-delta.ts";
import { anOrder, FROZEN_AT } from "../helpers/order.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../cifs/fixtures", name), "utf8");
const STATS = fixture("stats-6.12.txt");
const DEBUG_DATA = fixture("debugdata-6.12.txt");

/** cifs_debug.c:cifs_stats_proc_show, where there were any. */
const SLOW = "  2 slow responses from 127.0.0.1 for command 5";

const both = (stats: string, debugData: string) =>
  `==> /proc/fs/cifs/Stats <==\n${stats}\n==> /proc/fs/cifs/DebugData <==\n${debugData}`;

function compare(now: string, before = both(STATS, DEBUG_DATA)): string {
  const takenNs = FROZEN_AT.monotonicNs - 30e9;
  return compareStats(now, anOrder(), { text: before, takenNs, reason: "attached" });
}

describe("the client's counters", () => {
  test("show by share what changed, and nothing else", () => {
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

  test("show each connection then and now", () => {
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

  test("say what is new and what is gone", () => {
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

  test("of nothing that changed is the connections alone", () => {
    expect(compare(both(STATS, DEBUG_DATA))).not.toContain("all servers");
  });

  test("are all there where there is nothing to compare with", () => {
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
  ])("take any text: %#", (text) => expect(() => compare(text, text)).not.toThrow());
});
