// Measures the time from the reply that trips a rule to the decision, and from the decision to the frozen memory: real
// BPF programs in the running kernel, the real detector in its own thread, the supervisor's way of freezing. Ten
// flushes in flight together take 3 ms instead of 2, or one open is refused; in between the detector sleeps again.

import { KernelSource } from "../../src/kernel/kernel-source.ts";
import { freezeMemory } from "../../src/kernel/table.ts";
import type { Anomaly } from "../../src/model/anomaly.ts";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import type { Rule } from "../../src/model/rule.ts";
import { ThreadHandle } from "../../src/supervisor/thread-handle.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { closeFd, makeEventFd, signalEventFd } from "../../src/system/eventfd.ts";
import type { FromDetector, ToDetector } from "../../src/thread/messages.ts";
import { aLatencyRule, anErrorRule } from "../helpers/rule.ts";
import { percentile, printRow, sized } from "./row.ts";

const TRIALS = sized(100, 3);
/** Longer than the window, and longer than the time within which reports of one rule are merged. */
const BETWEEN_MS = 150;
/**
 * If a machine takes longer than the window between the first and the tenth reply, nothing trips, and they are sent
 * again.
 */
const GIVE_UP_MS = 2_000;
const SLOW_REPLIES = 10;
const STATUS_ACCESS_DENIED = 0xc000_0022;

const source = KernelSource.load();
const wakeFd = makeEventFd();
const handles = { ...source.memory, wakeFd, ueventFd: -1, mountinfoFd: -1, kernelLogFd: -1 };
const isFlush = (command: number) => command === COMMAND.SMB2_FLUSH;
const slowFlushes = aLatencyRule({
  name: "slow-flushes",
  windowMs: 100,
  acceptableCount: SLOW_REPLIES,
  emergencyMs: 10_000,
  slowNs: COMMANDS.map((_, command) => (isFlush(command) ? 2e6 : 1e9)),
});
const refusals = anErrorRule({ name: "refusals", windowNs: 100e6, acceptableCount: 1 });
const rules: readonly Rule[] = [slowFlushes, refusals];
source.applyRules(rules);

let heard = Promise.withResolvers<Anomaly>();
const ready = Promise.withResolvers<void>();
const detector = new ThreadHandle<ToDetector, FromDetector>({
  name: "detector",
  spawn: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
  begin: () => [{ type: "start", handles, source: "demo", rules, trees: [] }],
  onReport: (report) => {
    if (report.type === "ready") ready.resolve();
    if (report.type === "anomaly") heard.resolve(report.anomaly);
  },
  onRestart: (failure) => heard.reject(new Error(failure.message)),
  onFatal: (failure) => heard.reject(new Error(failure.message)),
  wake: () => signalEventFd(wakeFd),
});
detector.start();
await ready.promise;

let messageId = 0n;
/** Consecutive ids that end together would be parts of one compound, and count once. */
const ID_STEP = 16n;
const aCall = (command: number) => {
  messageId += ID_STEP;
  return { treeId: 1, sessionId: 1n, command, messageId };
};

function replySlowly(): void {
  const calls = Array.from({ length: SLOW_REPLIES }, () => aCall(COMMAND.SMB2_FLUSH));
  for (const call of calls) source.traffic.enter(call);
  Bun.sleepSync(3);
  for (const call of calls) source.traffic.done(call);
}

function refuse(): void {
  const call = aCall(COMMAND.SMB2_CREATE);
  source.traffic.enter(call);
  source.traffic.fail(call, STATUS_ACCESS_DENIED, ERRNO.EACCES);
}

/** Provokes an anomaly, repeatedly if necessary. */
async function anomalyOf(provoke: () => void): Promise<Anomaly> {
  for (;;) {
    await Bun.sleep(BETWEEN_MS);
    heard = Promise.withResolvers<Anomaly>();
    provoke();
    const anomaly = await Promise.race([heard.promise, Bun.sleep(GIVE_UP_MS)]);
    if (anomaly !== undefined) return anomaly;
  }
}

/** @returns the duration of each decision and of each freezing after it, ms. */
async function measure(provoke: () => void): Promise<{ decidedMs: number[]; frozenMs: number[] }> {
  const decidedMs: number[] = [];
  const frozenMs: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const { detectedNs, occurredNs } = await anomalyOf(provoke);
    freezeMemory(source.memory);
    frozenMs.push((monotonicNs() - detectedNs) / 1e6);
    decidedMs.push((detectedNs - occurredNs) / 1e6);
  }
  return { decidedMs, frozenMs };
}

const slow = await measure(replySlowly);
const refused = await measure(refuse);
await detector.stop(2_000);
source.close();
closeFd(wakeFd);

const rows = [
  { what: "10th slow reply -> decision", values: slow.decidedMs, goals: ["≤ 0.05", "≤ 2"] },
  { what: "refusal -> decision, detector asleep", values: refused.decidedMs, goals: ["≤ 0.05", "≤ 2"] },
  {
    what: "decision -> table and operations frozen",
    values: [...slow.frozenMs, ...refused.frozenMs],
    goals: ["≤ 10", "≤ 10"],
  },
] as const;
for (const { what, values, goals } of rows) {
  printRow({ what: `${what}, median`, measured: percentile(values, 0.5), unit: "ms", goal: goals[0] });
  printRow({ what: `${what}, p99`, measured: percentile(values, 0.99), unit: "ms", goal: goals[1] });
}
process.exit(0);
