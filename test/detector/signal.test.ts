import { describe, expect, test } from "bun:test";
import { countsSignal } from "../../src/detector/signal.ts";
import { COMMAND } from "../../src/model/command.ts";
import { KIND, SIGNAL } from "../../src/model/request.gen.ts";
import { SIGNALS } from "../../src/model/signal.ts";
import { aRequest } from "../helpers/request.ts";
import { aSignalRule } from "../helpers/rule.ts";
import { describeRule } from "./rule.contract.ts";
import { Stage } from "./stage.ts";

const never = () => expect.unreachable("must not be called");

const ofSignal = (command: number) => (startMs: number) =>
  aRequest({ startMs, latencyMs: 0, kind: KIND.SIGNAL, command });
const three = aSignalRule({ acceptableCount: 3 });

describeRule({
  rule: three,
  counting: ofSignal(SIGNAL.CREDIT_TIMEOUT),
  passing: ofSignal(SIGNAL.SES_EXPIRED),
  counts: ({ command }) => countsSignal(three, command, never),
});

describe("countsSignal", () => {
  test.each(SIGNALS.map(({ name, number, class: kind }) => [name, kind, number] as const))(
    "%s is %s",
    (_, kind, number) => {
      const named = aSignalRule({ named: SIGNALS.map((row) => row.number === number) });
      const excluding = aSignalRule({ counts: SIGNALS.map((row) => row.number !== number) });
      expect(countsSignal(named, number, never)).toBe(true);
      expect(countsSignal(excluding, number, never)).toBe(false);
      if (kind === "idle") {
        expect(countsSignal(aSignalRule(), number, () => true)).toBe(true);
        expect(countsSignal(aSignalRule(), number, () => false)).toBe(false);
      } else {
        expect(countsSignal(aSignalRule(), number, never)).toBe(kind === "trouble");
      }
    },
  );

  test("an unknown signal counts for no rule", () => {
    expect(countsSignal(aSignalRule({ counts: new Array(99).fill(true) }), 77, never)).toBe(false);
  });
});

describe("Detector: signals", () => {
  const aSignal = (stage: Stage, command: number, sessionId = 0x7n) =>
    stage.send(
      aRequest({ startMs: stage.nowMs, latencyMs: 0, kind: KIND.SIGNAL, command, sessionId, comm: "cifsd" }),
    );

  test("a signal of trouble trips its rule for the whole server", () => {
    const stage = new Stage([aSignalRule()]);
    aSignal(stage, SIGNAL.CREDIT_TIMEOUT);
    stage.round();
    expect(stage.anomalies).toMatchObject([
      { rule: "signals", ruleType: "signal", kind: "signal", share: "//server", count: 1 },
    ]);
    expect(stage.anomalies[0]?.evidence).toMatchObject([{ command: SIGNAL.CREDIT_TIMEOUT, comm: "cifsd" }]);
  });

  test("a signal counts in the window like a request", () => {
    const stage = new Stage([aSignalRule({ acceptableCount: 3 })]);
    for (const atMs of [10_000, 10_900, 11_001, 11_800]) {
      stage.advance(atMs);
      aSignal(stage, SIGNAL.CREDIT_TIMEOUT);
    }
    stage.advance(12_000);
    expect(stage.anomalies).toMatchObject([{ count: 4, atMs: 11_800 }]);
  });

  test("a connection that is lost while no task waits for it does not count", () => {
    const stage = new Stage([aSignalRule()]);
    stage.exchange(1);
    stage.enter({ command: COMMAND.SMB2_CHANGE_NOTIFY });
    aSignal(stage, SIGNAL.RECONNECT);
    stage.advance(20_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("a lost connection does not count if tasks wait only at a pipe, which servers answer after hours", () => {
    const stage = new Stage([aSignalRule()]);
    stage.shares.set(1, "//server/IPC$");
    stage.enter({ command: COMMAND.SMB2_IOCTL, treeId: 1 });
    stage.advance(10_002);
    aSignal(stage, SIGNAL.RECONNECT);
    stage.advance(20_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("a connection that is lost while a task waits for it counts", () => {
    const stage = new Stage([aSignalRule()]);
    stage.enter();
    stage.advance(10_002);
    aSignal(stage, SIGNAL.RECONNECT);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "signal", share: "//server" }]);
  });

  test("a task that waited counts, even if cifs has given up its request before the scan", () => {
    const stage = new Stage([aSignalRule()]);
    const request = stage.enter();
    stage.advance(10_002);
    aSignal(stage, SIGNAL.RECONNECT);
    const tookMs = 2.5;
    stage.reply(request, { latencyNs: tookMs * 1e6, errno: 11 }, false);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "signal", share: "//server" }]);
  });

  test("a task whose reply came before the connection was lost does not count", () => {
    const stage = new Stage([aSignalRule()]);
    const request = stage.enter();
    stage.advance(10_002);
    stage.reply(request, { latencyNs: 1e6 }, false);
    aSignal(stage, SIGNAL.RECONNECT);
    stage.advance(20_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("a task that came after the connection was lost does not count", () => {
    const stage = new Stage([aSignalRule()]);
    aSignal(stage, SIGNAL.RECONNECT);
    stage.advance(10_001);
    stage.enter({ startNs: 10_001_000_000n, command: COMMAND.SMB2_NEGOTIATE, treeId: 0 });
    stage.round();
    expect(stage.anomalies).toEqual([]);
  });

  test("an operation counts if it waits for the connection, and not if it does not wait", () => {
    for (const [wait, count] of [
      ["reply", 1],
      ["other", 0],
    ] as const) {
      const stage = new Stage([aSignalRule()]);
      stage.waits.set(103, wait);
      stage.begin(3);
      stage.advance(10_500);
      aSignal(stage, SIGNAL.CONNECT_ERR);
      stage.round();
      expect(stage.anomalies).toHaveLength(count);
    }
  });

  test("a task that waits for another server does not count", () => {
    const stage = new Stage([aSignalRule()]);
    stage.shares.set(9, "//other/share");
    stage.enter({ treeId: 9 });
    aSignal(stage, SIGNAL.RECONNECT);
    stage.round();
    expect(stage.anomalies).toEqual([]);
  });

  test("for an unknown server every waiting task counts, and names the server if it is the only one", () => {
    const stage = new Stage([aSignalRule()]);
    stage.shares.set(9, "//other/share");
    stage.enter({ treeId: 9 });
    stage.advance(10_002);
    aSignal(stage, SIGNAL.RECONNECT, 0n);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ share: "//other" }]);
  });

  test("the only server that tasks wait for replaces a guess that no task waits for", () => {
    const stage = new Stage([aSignalRule()]);
    // The record names no connection, and the only server in trouble is one that was abandoned long ago.
    stage.servers.set(0n, "//left-behind");
    stage.shares.set(9, "//other/share");
    stage.enter({ treeId: 9 });
    stage.advance(10_002);
    aSignal(stage, SIGNAL.RECONNECT, 0n);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ share: "//other" }]);
  });

  test("a guess that no task waits for becomes unknown if tasks wait for several servers", () => {
    const stage = new Stage([aSignalRule()]);
    stage.servers.set(0n, "//left-behind");
    stage.shares.set(8, "//one/share");
    stage.shares.set(9, "//other/share");
    for (const treeId of [8, 9]) stage.enter({ treeId, taskId: treeId });
    stage.advance(10_002);
    aSignal(stage, SIGNAL.RECONNECT, 0n);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ share: "unknown" }]);
  });

  test("a guess is the same for all rules, and stays if a share is unknown", () => {
    for (const [share, expected] of [
      ["//other/share", "//other"],
      ["unknown", "//left-behind"],
    ] as const) {
      const named = aSignalRule({
        name: "named",
        named: SIGNALS.map(({ number }) => number === SIGNAL.RECONNECT),
      });
      const stage = new Stage([named, aSignalRule({ name: "any" })]);
      stage.servers.set(0n, "//left-behind");
      stage.shares.set(9, share);
      stage.enter({ treeId: 9 });
      stage.advance(10_002);
      aSignal(stage, SIGNAL.RECONNECT, 0n);
      stage.round();
      expect(stage.anomalies.map((one) => one.share)).toEqual([expected, expected]);
    }
  });

  test("it counts for rules for shares of the server, and not for rules for other servers", () => {
    const match = (share: string) => ({ match: { share, process: undefined } });
    const stage = new Stage([
      aSignalRule({ name: "its", ...match("//serv*/share") }),
      aSignalRule({ name: "others", ...match("//other/*") }),
    ]);
    aSignal(stage, SIGNAL.CREDIT_TIMEOUT);
    stage.round();
    expect(stage.anomalies.map(({ rule }) => rule)).toEqual(["its"]);
  });
});
