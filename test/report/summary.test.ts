import { describe, expect, test } from "bun:test";
import { readFacts } from "../../src/report/facts.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { quantile, summarize } from "../../src/report/summary.ts";

const HEAD =
  "time_utc,boot_ns,latency_ns,state,command,nt_status,errno,session_id,tree_id,message_id,pid,tid,comm,share\n";

/** A request sent so many ms after 09:00:00; the latency too is in ms. */
function row(
  sentMs: number,
  latencyMs: number | "",
  state = "done",
  share = "//a/x",
  more = "SMB2_READ",
): string {
  const time = new Date(Date.UTC(2026, 10, 25, 9) + sentMs).toISOString().replace("Z", "000Z");
  const latency = latencyMs === "" ? "" : latencyMs * 1e6;
  return `${time},${sentMs * 1e6},${latency},${state},${more},,,0x1,0x1,${sentMs},10,11,p,${share}\n`;
}

function summaryOf(rows: readonly string[], manifest: Readonly<Record<string, unknown>> = {}) {
  const table = readRequests(new TextEncoder().encode(HEAD + rows.join("")));
  const whole = {
    triggered_at: "2026-11-25T09:00:05.000000Z",
    frozen_at: "2026-11-25T09:00:06.000000Z",
    ...manifest,
  };
  return { table, summary: summarize(table, readFacts(whole)) };
}

describe("the figures of a capture", () => {
  test("tell before from during by when the first request in evidence was sent", () => {
    const evidence = [{ time_utc: "2026-11-25T09:00:02.000000Z", message_id: "2000", latency_ns: 1 }];
    const { summary } = summaryOf(
      [row(0, 1), row(1000, 999), row(1500, 600), row(2000, 3000), row(5900, 100, "in_flight")],
      { evidence },
    );
    expect(summary.before.sortedNs).toEqual(Float64Array.of(1e6, 999e6));
    expect(summary.during.sortedNs).toEqual(Float64Array.of(100e6, 600e6, 3000e6));
    expect(summary.during.inFlight).toBe(1);
    expect(summary.evidence).toEqual([3]);
  });

  test("are of the incident's share alone, where it has one", () => {
    const rows = [row(0, 1), row(1, 2, "done", "//b/y"), row(2, 4, "done", "//a/z")];
    const sums = (share: string | null) => summaryOf(rows, { share }).summary.before.sortedNs.length;
    expect([sums("//a/x"), sums("//a"), sums("//b/y"), sums("//c/q"), sums("unknown"), sums(null)]).toEqual([
      1, 2, 1, 3, 3, 3,
    ]);
  });

  test("say who waited longest, share by share", () => {
    const { summary } = summaryOf([row(5000, 10), row(5100, 700, "error", "//b/y"), row(5200, 20)]);
    expect(summary.waiters.map(({ share, waitedNs, errors }) => [share, waitedNs, errors])).toEqual([
      ["//b/y", 700e6, 1],
      ["//a/x", 30e6, 0],
    ]);
  });

  test("name the slowest, and pass over what has no latency", () => {
    const { table, summary } = summaryOf([row(0, 5), row(1, ""), row(2, 50), row(3, 7)]);
    expect(summary.worst.map((at) => table.latencyNs[at])).toEqual([50e6, 7e6, 5e6]);
  });

  test("of nothing are not known", () => {
    const { summary } = summaryOf([]);
    expect(quantile(summary.during, 0.5)).toBeNaN();
    expect(summary.worst).toEqual([]);
  });

  test("do not depend on the order of the rows", () => {
    const rows = [row(3, 30), row(1, 10), row(2, 20)];
    const { table } = summaryOf(rows);
    expect([...table.sentUs]).toEqual([0, 1000, 2000]);
    expect([...table.latencyNs]).toEqual([10e6, 20e6, 30e6]);
    expect(table.firstEpochUs).toBe((Date.UTC(2026, 10, 25, 9) + 1) * 1000);
  });
});
