import { describe, expect, test } from "bun:test";
import { EVIDENCE_MAX } from "../../src/model/anomaly.ts";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { FLAG, KIND } from "../../src/model/request.gen.ts";
import { seeded } from "../helpers/random.ts";
import { aLatencyRule, anErrorRule, aStuckRule } from "../helpers/rule.ts";
import { Stage } from "./stage.ts";

/** Trips at ten requests slower than 10 ms within a second, or at one that takes a second. */
const rule = aLatencyRule({ acceptableCount: 10, slowMs: 10, emergencyMs: 1000, windowMs: 1000 });
/** Trips at every slow request. */
const each = aLatencyRule({ acceptableCount: 1, slowMs: 10, emergencyMs: 1000 });

const kinds = (stage: Stage) => stage.anomalies.map(({ kind }) => kind);

describe("Detector: replies", () => {
  test("nine slow replies at the end of one second and one at the start of the next trip the rule, whatever the batches", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 9; i++) {
      stage.advance(10_900 + i * 10);
      stage.exchange(20);
      stage.round();
    }
    expect(stage.anomalies).toEqual([]);
    stage.advance(11_005);
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toMatchObject([
      { kind: "slow", count: 10, share: "//server/share", atMs: 11_005 },
    ]);
    expect(stage.anomalies[0]?.evidence).toHaveLength(10);
  });

  test("healthy replies cause no anomaly", () => {
    const stage = new Stage([rule, anErrorRule()]);
    for (let i = 0; i < 500; i++) {
      stage.advance(10_000 + i);
      stage.exchange(1);
    }
    stage.advance(20_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("a reply over the emergency threshold trips at once, as an emergency alone", () => {
    const stage = new Stage([each]);
    stage.exchange(1200);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "emergency", count: 1, worstNs: 1.2e9 }]);
  });

  test("errors trip their rule", () => {
    const stage = new Stage([rule, anErrorRule({ acceptableCount: 3 })]);
    for (let i = 0; i < 3; i++) {
      const flags = FLAG.REPLIED | FLAG.ERRORED;
      stage.exchange(1, { flags, ntStatus: 0xc0000022, errno: ERRNO.EACCES });
    }
    stage.round();
    expect(stage.anomalies).toMatchObject([{ rule: "errors", kind: "error", count: 3 }]);
  });

  test.each<[string, number]>([
    ["ambiguous", FLAG.REPLIED | FLAG.AMBIGUOUS],
    ["tail", FLAG.TAIL],
    ["superseded", FLAG.SUPERSEDED],
    ["reaped", FLAG.REAPED],
  ])("a line that is %s feeds no rule", (_, flags) => {
    const stage = new Stage([each, anErrorRule({ acceptableCount: 1 })]);
    stage.exchange(5000, { flags: flags | FLAG.ERRORED, ntStatus: 0xc0000022, errno: ERRNO.EACCES });
    stage.round();
    expect(stage.anomalies).toEqual([]);
  });

  test("shares have windows of their own", () => {
    const stage = new Stage([aLatencyRule({ acceptableCount: 2 })]);
    stage.shares.set(6, "//server/other");
    stage.exchange(20, { treeId: 5 });
    stage.exchange(20, { treeId: 6 });
    stage.round();
    expect(stage.anomalies).toEqual([]);
    stage.exchange(20, { treeId: 6 });
    stage.round();
    expect(stage.anomalies).toMatchObject([{ share: "//server/other", count: 2 }]);
  });

  test("records of an unknown kind are counted as malformed, and signals and wakes are not requests", () => {
    const stage = new Stage([each]);
    for (const kind of [KIND.SIGNAL, KIND.WAKE, 9]) stage.send({ ...stage.enter(), latencyNs: 5e9, kind });
    stage.round();
    stage.detector.takeMalformed();
    expect(stage.detector.counts).toMatchObject({ records: 4, malformed: 2 });
    expect(stage.anomalies).toEqual([]);
  });
});

describe("Detector: requests in flight", () => {
  test("a hang is reported exactly at its emergency threshold, and nothing before it", () => {
    const stage = new Stage([rule]);
    stage.advance(12_345);
    const request = stage.enter();
    stage.advance(14_000);
    expect(stage.anomalies).toMatchObject([
      { kind: "hung", count: 1, atMs: 13_345, occurredNs: 13_345e6, detectedNs: 13_345e6, worstNs: 1e9 },
    ]);
    expect(stage.anomalies[0]?.evidence).toEqual([request]);
  });

  test("a late reply to a hung request causes no further anomaly", () => {
    const stage = new Stage([each]);
    const request = stage.enter();
    stage.advance(12_000);
    const before = stage.anomalies.length;
    stage.reply(request);
    stage.advance(20_000);
    expect(stage.anomalies).toHaveLength(before);
    expect(kinds(stage)).toEqual(["slow", "hung"]);
    expect(stage.anomalies.reduce((sum, { count }) => sum + count, 0)).toBe(1);
  });

  test("many overdue requests fill the window while they are in flight", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 10; i++) stage.enter();
    stage.advance(10_500);
    expect(stage.anomalies).toMatchObject([{ kind: "slow", count: 10, occurredNs: 10_010e6 }]);
    expect(stage.anomalies[0]?.atMs).toBeLessThanOrEqual(10_110);
  });

  test("a request that was counted as overdue does not count again when it completes", () => {
    const stage = new Stage([aLatencyRule({ acceptableCount: 2, slowMs: 10, emergencyMs: 1000 })]);
    const request = stage.enter();
    stage.advance(10_200);
    stage.reply(request);
    stage.advance(10_300);
    expect(stage.anomalies).toEqual([]);
    stage.exchange(20);
    stage.round();
    expect(kinds(stage)).toEqual(["slow"]);
  });

  test("an overdue request whose reply exceeds the emergency threshold is an emergency", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(10_999.9);
    stage.reply({ ...request, startNs: request.startNs }, { latencyNs: 1_000_000_001 });
    stage.round();
    stage.advance(20_000);
    expect(stage.anomalies).toMatchObject([{ kind: "emergency", count: 1 }]);
  });

  test("each rule applies its own thresholds", () => {
    const slower = aLatencyRule({ name: "slower", acceptableCount: 1, slowMs: 300, emergencyMs: 2000 });
    const stage = new Stage([each, slower]);
    const request = stage.enter();
    stage.advance(10_200);
    expect(stage.anomalies.map(({ rule }) => rule)).toEqual(["slow"]);
    stage.advance(10_400);
    expect(stage.anomalies.map(({ rule }) => rule)).toEqual(["slow", "slower"]);
    stage.advance(11_500);
    stage.reply(request);
    stage.advance(14_000);
    expect(stage.anomalies.map(({ rule, kind }) => [rule, kind])).toEqual([
      ["slow", "slow"],
      ["slower", "slow"],
      ["slow", "hung"],
    ]);
  });

  test("a line that changes while it is read is ignored", () => {
    const stage = new Stage([each]);
    const request = stage.enter();
    stage.advance(10_005);
    stage.rewrite({ ...request, startNs: 0n });
    stage.advance(20_000);
    expect(stage.anomalies).toEqual([]);
  });

  test("requests that may block indefinitely are never slow and never hung", () => {
    const ioctl = COMMAND.SMB2_IOCTL;
    const exempt = [COMMAND.SMB2_CHANGE_NOTIFY, COMMAND.SMB2_LOCK];
    const limit = (ns: number) => COMMANDS.map((_, command) => (exempt.includes(command) ? Infinity : ns));
    const stage = new Stage([
      aLatencyRule({ acceptableCount: 1, slowNs: limit(10e6), emergencyNs: limit(1e9) }),
    ]);
    stage.shares.set(1, "//server/IPC$");
    for (const command of exempt) stage.enter({ command });
    stage.enter({ command: ioctl, treeId: 1 });
    stage.advance(3_600_000);
    expect(stage.anomalies).toEqual([]);
    stage.enter({ command: ioctl, treeId: 5 });
    stage.advance(3_605_000);
    expect(kinds(stage)).toEqual(["slow", "hung"]);
  });

  test("a hanging request costs few wake-ups: it is checked again when its age has doubled", () => {
    const stage = new Stage([rule]);
    stage.enter();
    stage.advance(10_000 + 3_600_000);
    expect(stage.anomalies.map(({ count, worstNs }) => [count, worstNs / 1e9])).toEqual(
      [1, 6, 12, 24, 48, 96, 192, 384, 768, 1536, 3072].map((sec, i) => [i === 0 ? 1 : 0, sec]),
    );
    expect(stage.asked.length).toBeLessThan(20);
    expect(stage.wakeUps).toBeLessThan(40);
  });

  test("an idle table costs no wake-ups", () => {
    const stage = new Stage([rule]);
    stage.exchange(1);
    stage.advance(20_000);
    const before = stage.wakeUps;
    stage.advance(3_600_000);
    expect(stage.wakeUps).toBe(before);
    expect(stage.detector.idleNs(stage.nowMs * 1e6)).toBe(Infinity);
  });
});

describe("Detector: orphaned requests", () => {
  test("are not reported, but handed over to be closed", () => {
    const stage = new Stage([rule]);
    stage.liveness = "dead";
    const request = stage.enter();
    stage.advance(11_500);
    expect(stage.anomalies).toEqual([]);
    expect(stage.orphaned).toEqual([request]);
    expect(stage.detector.counts).toMatchObject({ orphaned: 1, inFlight: 1 });
  });

  test("are handed over again if closing failed, at growing intervals", () => {
    const stage = new Stage([rule]);
    stage.liveness = "dead";
    stage.enter();
    stage.advance(10_000 + 3_600_000);
    expect(stage.orphaned.length).toBeGreaterThan(2);
    expect(stage.orphaned.length).toBeLessThan(20);
  });

  test("are found even if no rule covers their command", () => {
    const stage = new Stage([anErrorRule()]);
    stage.liveness = "dead";
    const request = stage.enter({ command: COMMAND.SMB2_CHANGE_NOTIFY });
    stage.advance(100_000);
    expect(stage.orphaned[0]).toEqual(request);
  });

  test("a stale request is checked again as soon as DebugData can be read", () => {
    const stage = new Stage([rule]);
    stage.liveness = "stale";
    stage.readableNs = 14_000e6;
    stage.enter();
    stage.advance(13_999);
    expect(stage.anomalies).toEqual([]);
    stage.liveness = "alive";
    stage.advance(14_000);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", atMs: 14_000, occurredNs: 11_000e6 }]);
  });

  test("an unsure request is checked for ever, at growing intervals", () => {
    const stage = new Stage([rule]);
    stage.liveness = "unsure";
    stage.enter();
    stage.advance(10_000 + 3_600_000);
    expect(stage.anomalies).toEqual([]);
    expect(stage.orphaned).toEqual([]);
    expect(stage.asked.length).toBeGreaterThan(5);
    expect(stage.asked.length).toBeLessThan(40);
  });

  test("a reply that comes during the check decides", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.meanwhile = () => {
      stage.reply(request, { latencyNs: 999_500_000 });
    };
    stage.advance(12_000);
    expect(stage.asked).toHaveLength(1);
    expect(stage.anomalies).toEqual([]);
  });

  test("a hung request that is orphaned later is found then", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(11_500);
    expect(kinds(stage)).toEqual(["hung"]);
    stage.liveness = "dead";
    stage.advance(20_000);
    expect(stage.orphaned).toEqual([request]);
  });

  test("a stale request is not checked early when it reaches another rule's limit", () => {
    const stage = new Stage([rule, aLatencyRule({ name: "lenient", slowMs: 1500, emergencyMs: 2000 })]);
    stage.liveness = "stale";
    stage.readableNs = 14_000e6;
    stage.enter();
    stage.advance(13_999);
    expect(stage.asked).toHaveLength(1);
  });

  test("a second check needs newer evidence", () => {
    const stage = new Stage([rule]);
    stage.enter();
    stage.advance(30_000);
    const [first, second] = stage.asked.map(({ sinceNs }) => sinceNs);
    expect(first).toBeLessThan(11_000e6);
    expect(second).toBe(11_000e6);
  });
});

describe("Detector: evicted requests", () => {
  test("are followed, and reported as hung only if a task still waits", () => {
    const stage = new Stage([rule]);
    const request = stage.enter();
    stage.advance(10_100);
    stage.evict(request);
    stage.advance(10_200);
    expect(stage.detector.counts).toMatchObject({ followed: 1, inFlight: 1 });
    stage.advance(12_000);
    expect(stage.asked.map(({ hasLine }) => hasLine)).toEqual([false]);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", atMs: 11_000 }]);
  });

  test("whose reply was missed are forgotten, and no line has to be closed", () => {
    const stage = new Stage([rule]);
    stage.liveness = "dead";
    stage.evict(stage.enter());
    stage.advance(12_000);
    expect(stage.anomalies).toEqual([]);
    expect(stage.orphaned).toEqual([]);
    expect(stage.detector.counts).toMatchObject({ followed: 0, orphaned: 1 });
  });

  test("that no rule could call hung are not followed", () => {
    const stage = new Stage([anErrorRule()]);
    stage.evict(stage.enter());
    stage.advance(12_000);
    expect(stage.detector.counts).toMatchObject({ followed: 0, unfollowed: 0 });
  });

  test("do not count as slow, because their reply was not seen", () => {
    const stage = new Stage([each]);
    stage.liveness = "dead";
    stage.evict(stage.enter());
    stage.advance(20_000);
    expect(stage.anomalies).toEqual([]);
  });
});

describe("Detector: ambiguous requests in flight", () => {
  test("hang only if the client lists them, because the reply may have closed the wrong one", () => {
    const stage = new Stage([each]);
    stage.enter({ flags: FLAG.AMBIGUOUS });
    stage.advance(12_000);
    expect(stage.asked.map(({ hasLine }) => hasLine)).toEqual([false]);
    expect(kinds(stage)).toEqual(["hung"]);
  });
});

describe("Detector: storms", () => {
  test("a storm is reported in a few anomalies that count every request", () => {
    const stage = new Stage([each]);
    for (let ms = 10_000; ms < 11_000; ms++) {
      stage.advance(ms);
      for (let i = 0; i < 5; i++) stage.exchange(20);
      stage.round();
    }
    stage.advance(12_000);
    expect(stage.anomalies.length).toBeLessThanOrEqual(12);
    expect(stage.anomalies.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
    expect(stage.anomalies[0]?.atMs).toBe(10_000);
  });

  test("every slow request counts exactly once, at whatever times it and the scans fall", () => {
    const random = seeded();
    for (let round = 0; round < 20; round++) {
      const stage = new Stage([aLatencyRule({ acceptableCount: 1, slowMs: 10, emergencyMs: 500 })]);
      const open: ReturnType<Stage["enter"]>[] = [];
      let slow = 0;
      for (let ms = 10_000; ms < 14_000; ms += random.int(1, 20)) {
        stage.advance(ms);
        if (random.chance(0.6)) open.push(stage.enter({ startNs: BigInt(ms * 1e6) }));
        while (open.length > 0 && random.chance(0.5)) {
          const [request] = open.splice(random.int(0, open.length - 1), 1);
          if (request === undefined) break;
          const { latencyNs } = stage.reply(request);
          if (latencyNs >= 10e6) slow += 1;
        }
        if (random.chance(0.7)) stage.round();
      }
      stage.advance(60_000);
      slow += open.length;
      for (const request of open) stage.reply(request);
      stage.advance(61_000);
      const text = `${random.seedText} round ${round}`;
      // Requests that began to hang after the last report are counted in the recovery.
      const unreported = stage.recovered.reduce((sum, recovery) => sum + recovery.unreported, 0);
      expect(
        stage.anomalies.reduce((sum, { count }) => sum + count, unreported),
        text,
      ).toBe(slow);
      expect(
        new Set(stage.anomalies.flatMap(({ kind, evidence }) => (kind === "hung" ? evidence : []))).size,
        text,
      ).toBeGreaterThanOrEqual(Math.min(1, open.length));
    }
  });
});

describe("Detector: a restarted thread", () => {
  test("windows are filled from the table, so the tenth request trips across a restart", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 9; i++) stage.exchange(20);
    stage.round();
    stage.advance(10_300);
    stage.restart([rule]);
    stage.advance(10_400);
    expect(stage.anomalies).toEqual([]);
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "slow" }]);
    expect(stage.anomalies[0]?.evidence).toHaveLength(10);
  });

  test("a record that is still on the ring is judged, but does not count in the window twice", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 5; i++) stage.exchange(20);
    stage.round(false);
    stage.restart([rule]);
    stage.round();
    expect(stage.detector.counts).toMatchObject({ records: 5, repeated: 5 });
    for (let i = 0; i < 4; i++) stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toEqual([]);
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "slow", count: 10 }]);
  });

  test("the request that trips a rule is not lost if the thread dies before it reports", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 9; i++) stage.exchange(20);
    stage.round();
    stage.exchange(20);
    stage.round(false);
    stage.restart([rule]);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "slow", count: 1 }]);
    expect(stage.anomalies[0]?.evidence).toHaveLength(10);
  });

  test("replies that can't be trusted are not restored", () => {
    const stage = new Stage([aLatencyRule({ acceptableCount: 2 })]);
    stage.exchange(20, { flags: FLAG.REPLIED | FLAG.AMBIGUOUS });
    stage.round();
    stage.restart([aLatencyRule({ acceptableCount: 2 })]);
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toEqual([]);
  });

  test("the evidence is the latest requests, wherever they are in the table", () => {
    const stage = new Stage([rule]);
    const sent = Array.from({ length: 60 }, (_, i) => stage.exchange(20 + i, { latencyNs: 20e6 }));
    stage.round();
    stage.advance(10_100);
    stage.restart([rule]);
    const last = stage.exchange(20);
    stage.round();
    const latest = sent.slice(0, EVIDENCE_MAX - 1).reverse();
    expect(stage.anomalies.at(-1)?.evidence.map(({ messageId }) => messageId)).toEqual(
      [...latest, last].map(({ messageId }) => messageId),
    );
  });

  test("anomalies from before the restart are not reported again", () => {
    const stage = new Stage([rule, anErrorRule()]);
    for (let i = 0; i < 20; i++) stage.exchange(i === 19 ? 1500 : 20);
    stage.round();
    expect(kinds(stage)).toEqual(["emergency", "slow"]);
    stage.advance(10_050);
    stage.restart([rule, anErrorRule()]);
    stage.advance(20_000);
    expect(stage.anomalies).toHaveLength(2);
  });

  test("requests in flight are found again", () => {
    const stage = new Stage([rule]);
    stage.enter();
    stage.advance(10_500);
    stage.restart([rule]);
    stage.advance(12_000);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", atMs: 11_000 }]);
  });
});

describe("Detector: other rules", () => {
  test("apply at once to the requests in the table", () => {
    const stage = new Stage([rule]);
    for (let i = 0; i < 3; i++) stage.exchange(20);
    stage.round();
    stage.collect(stage.detector.configure([aLatencyRule({ acceptableCount: 4 })], stage.nowMs * 1e6));
    expect(stage.anomalies).toEqual([]);
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toMatchObject([{ kind: "slow" }]);
  });

  test("pending anomalies of the old rules are reported first", () => {
    const stage = new Stage([each]);
    stage.exchange(20);
    stage.round();
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toHaveLength(1);
    stage.collect(stage.detector.configure([each], stage.nowMs * 1e6));
    expect(stage.anomalies.map(({ count }) => count)).toEqual([1, 1]);
  });

  test("a hang that was reported under a rule's name is not reported again under it", () => {
    const stage = new Stage([rule]);
    stage.enter();
    stage.advance(11_500);
    const other = aLatencyRule({ name: "other", emergencyMs: 500 });
    stage.collect(stage.detector.configure([other, rule], stage.nowMs * 1e6));
    stage.advance(15_000);
    expect(stage.anomalies.map(({ rule, kind }) => [rule, kind])).toEqual([
      ["slow", "hung"],
      ["other", "hung"],
    ]);
  });
});

describe("Detector: a reading of DebugData that comes later", () => {
  /** The share of tree 9 is unknown until the reading has its result. */
  const reading = () => {
    const stage = new Stage([each]);
    stage.shares.delete(5);
    stage.holdUntilMs = 10_250;
    return stage;
  };
  const comes = (stage: Stage) => {
    stage.shares.set(5, "//server/share");
    stage.holdUntilMs = -Infinity;
    stage.detector.takeReading(undefined, stage.nowMs * 1e6);
    stage.round();
  };

  test("names the share of an earlier reply", () => {
    const stage = reading();
    stage.exchange(20);
    stage.round();
    expect(stage.anomalies).toEqual([]);
    stage.advance(10_003);
    comes(stage);
    expect(stage.anomalies).toMatchObject([{ share: "//server/share", count: 1, atMs: 10_003 }]);
  });

  test("names the share of a request that hangs", () => {
    const stage = reading();
    stage.enter();
    stage.holdUntilMs = 11_250;
    stage.advance(11_001);
    comes(stage);
    expect(stage.anomalies.map(({ kind, share }) => `${kind} ${share}`)).toEqual([
      "hung //server/share",
      "slow //server/share",
    ]);
  });

  test("names the share of a task that waits before it has a request", () => {
    const stage = new Stage([aStuckRule({ stuckMs: 1000 })]);
    stage.holdUntilMs = 11_500;
    stage.begin(0, { taskId: 100 });
    stage.advance(11_100);
    expect(stage.anomalies).toEqual([]);
    comes(stage);
    expect(stage.anomalies).toMatchObject([{ kind: "hung", atMs: 11_100 }]);
  });

  test("is awaited for a limited time", () => {
    const stage = reading();
    stage.exchange(20);
    stage.round();
    stage.advance(10_400);
    expect(stage.anomalies).toMatchObject([{ share: "unknown", count: 1, atMs: 10_250 }]);
  });

  test("costs no wake-ups while it is awaited", () => {
    const stage = reading();
    stage.exchange(20);
    stage.round();
    const before = stage.wakeUps;
    stage.advance(10_249);
    expect(stage.wakeUps - before).toBeLessThan(5);
  });

  test("releases the held records at the end, whether its result comes or not", () => {
    const stage = reading();
    stage.exchange(20);
    stage.round();
    expect(stage.detector.takeAll(stage.nowMs * 1e6)).toMatchObject([{ share: "unknown", count: 1 }]);
  });
});
