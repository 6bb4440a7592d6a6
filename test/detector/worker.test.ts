import { afterAll, describe, expect, test } from "bun:test";
import { Imitation } from "../../src/kernel/imitation.ts";
import type { Call } from "../../src/kernel/source.ts";
import { COMMAND } from "../../src/model/command.ts";
import { REQUEST_BYTES } from "../../src/model/request.gen.ts";
import type { Rule } from "../../src/model/rule.ts";
import { closeFd, makeEventFd, signalEventFd } from "../../src/system/eventfd.ts";
import { viewOf } from "../../src/system/memory.ts";
import type { DetectorCounts, FromDetector, ToDetector } from "../../src/thread/messages.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** A real detector thread with a kernel side in memory. */
class Thread {
  readonly reports: FromDetector[] = [];
  readonly closed: Promise<void>;
  readonly #worker = new Worker(new URL("../../src/detector/worker.ts", import.meta.url));
  readonly #wakeFd: number;

  constructor(source: Imitation, wakeFd: number, rules: readonly Rule[]) {
    this.#wakeFd = wakeFd;
    this.#worker.addEventListener("message", ({ data }) => this.reports.push(data as FromDetector));
    this.closed = new Promise((resolve) => this.#worker.addEventListener("close", () => resolve()));
    const handles = { ...source.memory, wakeFd, ueventFd: -1, mountinfoFd: -1, kernelLogFd: -1 };
    this.post({ type: "start", handles, source: "demo", rules, trees: [] });
  }

  post(...messages: readonly ToDetector[]): void {
    for (const message of messages) this.#worker.postMessage(message);
    signalEventFd(this.#wakeFd);
  }

  of<Type extends FromDetector["type"]>(type: Type): Extract<FromDetector, { type: Type }>[] {
    return this.reports.filter((report) => report.type === type) as Extract<FromDetector, { type: Type }>[];
  }

  /** Waits for a report that is posted from now on. */
  async next<Type extends FromDetector["type"]>(type: Type): Promise<Extract<FromDetector, { type: Type }>> {
    const before = this.of(type).length;
    await waitUntil(() => this.of(type).length > before);
    return this.of(type).at(-1) as Extract<FromDetector, { type: Type }>;
  }

  async counts(): Promise<DetectorCounts> {
    const pulse = this.next("pulse");
    this.post({ type: "ping" });
    return (await pulse).counts;
  }

  async stop(): Promise<void> {
    const stopped = this.next("stopped");
    this.post({ type: "stop" });
    await stopped;
    await this.terminate();
  }

  async terminate(): Promise<void> {
    this.#worker.terminate();
    signalEventFd(this.#wakeFd);
    await this.closed;
  }
}

let messageId = 0n;

function aCall(): Call {
  messageId += 1n;
  return { treeId: 5, sessionId: 0x77n, command: COMMAND.SMB2_CREATE, messageId };
}

/** Every request counts. */
const everything = aLatencyRule({ slowMs: 0, acceptableCount: 10, emergencyMs: 60_000 });

function setUp(rules: readonly Rule[]): { source: Imitation; wakeFd: number } {
  const source = new Imitation();
  source.applyRules(rules);
  const wakeFd = makeEventFd();
  afterAll(() => {
    source.close();
    closeFd(wakeFd);
  });
  return { source, wakeFd };
}

async function begin(rules: readonly Rule[]) {
  const { source, wakeFd } = setUp(rules);
  const thread = new Thread(source, wakeFd, rules);
  await waitUntil(() => thread.of("ready").length === 1);
  return { source, wakeFd, thread };
}

function exchange({ traffic }: Imitation): void {
  const call = aCall();
  traffic.enter(call);
  traffic.done(call);
}

/** Bytes of one record on the ring, including its header. */
const RECORD_BYTES = 8 + REQUEST_BYTES;

/** The number of records before a position of the ring. */
const recordsAt = (address: number) => Number(new BigUint64Array(viewOf(address, 8))[0]) / RECORD_BYTES;

describe("the detector's thread", () => {
  test("reports an anomaly with its requests", async () => {
    const { source, thread } = await begin([everything]);
    const next = thread.next("anomaly");
    for (let i = 0; i < 10; i++) exchange(source);
    const { anomaly } = await next;
    expect(anomaly).toMatchObject({ rule: "slow", kind: "slow", share: "unknown", count: 10 });
    expect(anomaly.detectedNs).toBeGreaterThanOrEqual(anomaly.occurredNs);
    await thread.stop();
  });

  test("finds a request that hangs, which makes no event", async () => {
    const { source, thread } = await begin([aLatencyRule({ slowMs: 20, emergencyMs: 60 })]);
    // By then it sleeps without a deadline.
    await Bun.sleep(300);
    const call = aCall();
    const next = thread.next("anomaly");
    source.traffic.enter(call);
    const { anomaly } = await next;
    expect(anomaly).toMatchObject({ kind: "hung", count: 1 });
    expect(anomaly.evidence.map(({ messageId, latencyNs }) => [messageId, latencyNs])).toEqual([
      [call.messageId, 0],
    ]);
    await thread.stop();
  });

  test("does not wake up while nothing happens", async () => {
    const { source, thread } = await begin([everything]);
    exchange(source);
    // Its work may take a while; after that there is a time without a wake-up except the one for the ping.
    for (let before = -1, now = (await thread.counts()).wakeUps; now !== before + 1; ) {
      before = now;
      await Bun.sleep(400);
      now = (await thread.counts()).wakeUps;
    }
    await thread.stop();
  });

  test("serves every message that was posted before it was woken", async () => {
    const { thread } = await begin([everything]);
    thread.post(
      { type: "ping" },
      { type: "ping" },
      { type: "configure", rules: [everything] },
      { type: "ping" },
    );
    await waitUntil(() => thread.of("pulse").length === 3);
    await thread.stop();
  });

  test("applies other rules", async () => {
    const { source, thread } = await begin([aLatencyRule({ slowMs: 5000 })]);
    for (let i = 0; i < 10; i++) exchange(source);
    source.applyRules([everything]);
    thread.post({ type: "configure", rules: [everything] });
    await thread.counts();
    expect(thread.of("anomaly")).toEqual([]);
    const anomaly = thread.next("anomaly");
    exchange(source);
    expect((await anomaly).anomaly.evidence).toHaveLength(11);
    await thread.stop();
  });

  test("drains the ring before it stops, and reports pending anomalies", async () => {
    const each = aLatencyRule({ slowMs: 0, acceptableCount: 1, emergencyMs: 60_000 });
    const { source, thread } = await begin([each]);
    for (let i = 0; i < 1000; i++) exchange(source);
    await thread.stop();
    // The records of the replies, and perhaps a wake record.
    expect(thread.of("pulse").at(-1)?.counts.records).toBe(recordsAt(source.memory.ringProducerAddress));
    expect(thread.of("anomaly").reduce((sum, { anomaly }) => sum + anomaly.count, 0)).toBe(1000);
  });

  test("is followed by a thread that reads every unjudged record, if it is killed in the middle of a burst", async () => {
    const each = aLatencyRule({ slowMs: 0, acceptableCount: 1, emergencyMs: 60_000 });
    const { source, wakeFd } = setUp([each]);
    const { ringConsumerAddress, ringProducerAddress } = source.memory;
    const consumed = () => recordsAt(ringConsumerAddress);
    let sent = 0;
    const burst = () => {
      for (let i = 0; i < 2000; i++) exchange(source);
      sent += 2000;
    };
    const first = new Thread(source, wakeFd, [each]);
    await waitUntil(() => first.of("ready").length === 1);
    burst();
    await waitUntil(() => consumed() > 0);
    burst();
    const killed = first.terminate();
    burst();
    await killed;
    const judged = consumed();
    const second = new Thread(source, wakeFd, [each]);
    await waitUntil(() => second.of("ready").length === 1);
    burst();
    await second.stop();
    const { records, repeated, malformed } = (second.of("pulse").at(-1) as { counts: DetectorCounts }).counts;
    expect(source.counters()).toMatchObject({ ring_full: 0, replied: sent });
    // The records of the replies, and perhaps some wake records.
    const made = recordsAt(ringProducerAddress);
    expect([judged + records, consumed(), malformed]).toEqual([made, made, 0]);
    expect(repeated).toBeLessThanOrEqual(records);
    const counted = second.of("anomaly").reduce((sum, { anomaly }) => sum + anomaly.count, 0);
    expect(counted).toBeGreaterThanOrEqual(records - (made - sent));
  });

  test("answers a stop that comes before a start", async () => {
    const worker = new Worker(new URL("../../src/detector/worker.ts", import.meta.url));
    const answer = new Promise((resolve) => worker.addEventListener("message", ({ data }) => resolve(data)));
    worker.postMessage({ type: "stop" });
    expect(await answer).toEqual({ type: "stopped" });
    worker.terminate();
  });
});
