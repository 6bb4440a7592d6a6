import { describe, expect, test } from "bun:test";
import { asEvidence } from "../../src/model/operation.ts";
import { FLAG, KIND, SIGNAL } from "../../src/model/request.gen.ts";
import { makeRequestRow } from "../../src/runner/request-row.ts";
import { anOrder } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";

const toRow = makeRequestRow(anOrder());

describe("a request's row", () => {
  test("has the columns of the contract, in their order, in DebugData's notation", () => {
    const request = aRequest({ startMs: 99_000, latencyMs: 31, messageId: 1234n, ntStatus: 0, treeId: 5 });
    expect(Object.entries(toRow(request))).toEqual([
      ["time_utc", "2026-11-23T01:23:44.678000Z"],
      ["boot_ns", "99000000000"],
      ["latency_ns", 31_000_000],
      ["state", "done"],
      ["command", "SMB2_READ"],
      ["nt_status", "0x00000000"],
      ["errno", ""],
      ["session_id", "0x1122334455667788"],
      ["tree_id", "0x5"],
      ["message_id", "1234"],
      ["pid", 4200],
      ["tid", 4242],
      ["comm", "postgres"],
      ["share", "//files/data"],
    ]);
  });

  test("of an error has status and errno", () => {
    const flags = FLAG.REPLIED | FLAG.ERRORED;
    const row = toRow(aRequest({ flags, ntStatus: 0xc000_0034, errno: 2 }));
    expect(row).toMatchObject({ state: "error", nt_status: "0xc0000034", errno: "ENOENT" });
  });

  test("in flight has its age when the table was frozen, and no status", () => {
    const row = toRow(aRequest({ startMs: 97_500, latencyMs: 0 }));
    expect(row).toMatchObject({ state: "in_flight", latency_ns: 2.5e9, nt_status: "", errno: "" });
  });

  test("in flight has no negative age, even if by this CPU's clock it was sent after the freeze", () => {
    expect(toRow(aRequest({ startMs: 100_001, latencyMs: 0 })).latency_ns).toBe(0);
  });

  test("of a signal has the tracepoint; of an operation that waits to be sent, only its task", () => {
    const command = SIGNAL.CREDIT_TIMEOUT;
    const signal = toRow(aRequest({ kind: KIND.SIGNAL, command, latencyMs: 0 }));
    expect(signal).toMatchObject({ state: "signal", command: "smb3_credit_timeout", latency_ns: null });
    const operation = toRow(
      asEvidence({ startNs: 97_500_000_000n, xid: 7, taskId: 8, processId: 9, comm: "cp" }),
    );
    expect(operation).toMatchObject({
      state: "waiting",
      command: "",
      latency_ns: 2.5e9,
      pid: 9,
      tid: 8,
      comm: "cp",
      share: "",
    });
  });

  test("closed without a reply is lost, and has the time until then", () => {
    const row = toRow(aRequest({ latencyMs: 40, flags: FLAG.REAPED }));
    expect(row).toMatchObject({ state: "lost", latency_ns: 40e6, nt_status: "" });
  });

  test("has no latency if two requests could not be told apart", () => {
    const row = toRow(aRequest({ latencyMs: 40, flags: FLAG.REPLIED | FLAG.AMBIGUOUS }));
    expect(row).toMatchObject({ state: "done", latency_ns: null });
  });

  test("keeps every digit of 64-bit figures", () => {
    const most = 0xffff_ffff_ffff_fffen;
    const row = toRow(aRequest({ startNs: most, sessionId: most, messageId: most }));
    expect(row).toMatchObject({ boot_ns: "18446744073709551614", message_id: "18446744073709551614" });
    expect(row.session_id).toBe("0xfffffffffffffffe");
  });

  test("has an empty share if session and tree are not known together", () => {
    expect(toRow(aRequest({ treeId: 6 })).share).toBe("");
    expect(toRow(aRequest({ sessionId: 1n })).share).toBe("");
  });

  test.each([
    ["a\nb\tc", "a\\x0ab\\x09c"],
    ["\x1b[31m", "\\x1b[31m"],
    ["back\\slash", "back\\\\slash"],
    ["caf\xc3\xa9", "caf\\xc3\\xa9"],
    ["\x7f\x00", "\\x7f\\x00"],
  ])("shows the comm %j as printable ASCII", (comm, shown) => {
    expect(toRow(aRequest({ comm })).comm).toBe(shown);
  });

  test("escapes characters of a share that move the cursor or break the line, and keeps its script", () => {
    const shares = [{ sessionId: 1n, treeId: 1, share: "//srv/b\u00fcro\u202e\r\n\u0085x" }];
    const row = makeRequestRow(anOrder({ shares }))(aRequest({ sessionId: 1n, treeId: 1 }));
    expect(row.share).toBe("//srv/b\u00fcro\\u202e\\x0d\\x0a\\x85x");
  });
});
