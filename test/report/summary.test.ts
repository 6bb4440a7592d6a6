import { describe, expect, test } from "bun:test";
import { readManifestFacts } from "../../src/report/manifest-facts.ts";
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
  command = "SMB2_READ",
): string {
  const time = new Date(Date.UTC(2026, 10, 25, 9) + sentMs).toISOString().replace("Z", "000Z");
  const latency = latencyMs === "" ? "" : latencyMs * 1e6;
  return `${time},${sentMs * 1e6},${latency},${state},${command},,,0x1,0x1,${sentMs},10,11,p,${share}\n`;
}

/** A reply of this command, status and errno, during the incident. */
function replied(reply: string): string {
  return `2026-11-25T09:00:05.500000Z,5500000000,1000000,error,${reply},0x1,0x1,9,10,11,p,//a/x\n`;
}

function summaryOf(rows: readonly string[], manifest: Readonly<Record<string, unknown>> = {}) {
  const table = readRequests(new TextEncoder().encode(HEAD + rows.join("")));
  const whole = {
    triggered_at: "2026-11-25T09:00:05.000000Z",
    frozen_at: "2026-11-25T09:00:06.000000Z",
    ...manifest,
  };
  return { table, summary: summarize(table, readManifestFacts(whole)) };
}

describe("the figures of a capture", () => {
  test("are split at the time when the first request in evidence was sent", () => {
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

  test("put a request of unknown latency that was sent before into neither group", () => {
    const { summary } = summaryOf([row(0, ""), row(4000, 2000), row(5500, ""), row(1, 1)]);
    expect(summary).toMatchObject({ beganUs: 5e6, unplaced: 1 });
    expect([summary.before, summary.during].map(({ sortedNs }) => [...sortedNs])).toEqual([[1e6], [2000e6]]);
  });

  test.each([
    ["it was made on demand", { trigger: "manual" }, 5e6, 6e6],
    ["its trigger has no time", { triggered_at: "soon" }, Number.NaN, 6e6],
    ["it has no time at all", { triggered_at: null, frozen_at: 7 }, Number.NaN, 10e3],
  ])("of a capture are one group if %s", (_, manifest, trippedUs, frozenUs) => {
    const { summary } = summaryOf([row(0, 1), row(10, ""), row(5, 3, "in_flight")], manifest);
    expect(summary).toMatchObject({ isSplit: false, beganUs: Number.NaN, trippedUs, frozenUs, unplaced: 0 });
    expect(summary.before.sortedNs).toHaveLength(0);
    expect(summary.during.sortedNs).toEqual(Float64Array.of(1e6, 3e6));
  });

  test("of an empty recorder have times after the trigger", () => {
    const { summary } = summaryOf([], { recorder: { complete_since: "2026-11-25T09:00:02.500000Z" } });
    expect(summary).toMatchObject({ trippedUs: 0, frozenUs: 1e6, completeSinceUs: -2.5e6 });
  });

  test("cover only the share of the incident, if it has one", () => {
    const rows = [row(0, 1), row(1, 2, "done", "//b/y"), row(2, 4, "done", "//a/z")];
    const sums = (share: string | null) => summaryOf(rows, { share }).summary.before.sortedNs.length;
    expect([sums("//a/x"), sums("//a"), sums("//b/y"), sums("//c/q"), sums("unknown"), sums(null)]).toEqual([
      1, 2, 1, 3, 3, 3,
    ]);
  });

  test("have the quantiles of live figures: the n-th quickest of a hundred", () => {
    const sortedNs = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.01, 0.5, 0.99, 1].map((share) => quantile({ sortedNs }, share))).toEqual([
      1, 1, 50, 99, 100,
    ]);
    expect(quantile({ sortedNs: Float64Array.of(1, 2, 3) }, 0.5)).toBe(2);
  });

  test("include latencies of requests that may block indefinitely only in the table by command", () => {
    const rows = [
      row(0, 3_600_000, "done", "//a/x", "SMB2_CHANGE_NOTIFY"),
      row(1, 5000, "in_flight", "//a/x", "SMB2_LOCK"),
      row(2, 4000, "in_flight", "//a/IPC$", "SMB2_IOCTL"),
      row(3, 7, "in_flight", "//a/x", "SMB2_IOCTL"),
    ];
    const { table, summary } = summaryOf(rows);
    expect(summary.mayBlock).toBe(3);
    expect(summary.during).toMatchObject({ sortedNs: Float64Array.of(7e6), inFlight: 1 });
    expect(summary.worst.map((at) => table.latencyNs[at])).toEqual([7e6]);
    expect(summary.waiters).toHaveLength(1);
    const byName = new Map(summary.commands.map(({ command, during }) => [command, during]));
    expect(byName.get("SMB2_CHANGE_NOTIFY")?.sortedNs).toEqual(Float64Array.of(3600e9));
    expect(byName.get("SMB2_IOCTL")?.inFlight).toBe(2);
  });

  test("include such a request if a rule tripped on it, because the rule tracks the command by name", () => {
    const evidence = [{ time_utc: "2026-11-25T09:00:01.000000Z", message_id: "1000" }];
    const { summary } = summaryOf([row(1000, 5000, "in_flight", "//a/x", "SMB2_LOCK")], { evidence });
    expect(summary).toMatchObject({ mayBlock: 0, worst: [0], during: { inFlight: 1 } });
  });

  test("do not count the time until a request was closed as a latency", () => {
    const { summary } = summaryOf([row(5000, 800, "lost"), row(5001, 2)]);
    expect(summary.during.sortedNs).toEqual(Float64Array.of(2e6));
    expect(summary.worst).toHaveLength(1);
    expect(summary.waiters[0]?.waitedNs).toBe(2e6);
  });

  test.each([
    ["an everyday answer", "SMB2_CREATE,0xc0000034,ENOENT", 0],
    ["a step of the protocol", "SMB2_SESSION_SETUP,0xc0000016,EIO", 0],
    ["a refusal", "SMB2_CREATE,0xc0000022,EACCES", 1],
    ["a lock that another program holds", "SMB2_LOCK,0xc0000055,EACCES", 0],
    ["an unknown status", "SMB2_READ,0xc000beef,EIO", 1],
    ["no status at all", "SMB2_READ,,EIO", 1],
    ["an unknown command", "constructor,0xc0000022,EACCES", 1],
  ])("count %s as live figures do", (_, reply, errors) => {
    const { summary } = summaryOf([replied(reply)]);
    expect(summary.during.errors).toBe(errors);
    expect(summary.commands[0]?.during.errors).toBe(errors);
  });

  test("list the processes that waited longest, by share", () => {
    const { summary } = summaryOf([row(5000, 10), row(5100, 700, "error", "//b/y"), row(5200, 20)]);
    expect(summary.waiters.map(({ share, waitedNs, errors }) => [share, waitedNs, errors])).toEqual([
      ["//b/y", 700e6, 1],
      ["//a/x", 30e6, 0],
    ]);
  });

  test("list the slowest requests, without those of unknown latency", () => {
    const { table, summary } = summaryOf([row(0, 5), row(1, ""), row(2, 50), row(3, 7)]);
    expect(summary.worst.map((at) => table.latencyNs[at])).toEqual([50e6, 7e6, 5e6]);
  });

  test("of no requests are not known", () => {
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
