// Measures how soon a request that hangs is found and reported, and what the search costs healthy traffic: real BPF
// programs in the running kernel, the real detector in its own thread, a rule of type Stuck. No task waits for
// synthetic requests, so the cost of reading cifs and tasks is measured separately: a list of a thousand requests, and
// the place where a task waits, a thousand times.

import { parseDebugData } from "../../src/cifs/debug-data.ts";
import { readWchan } from "../../src/cifs/proc.ts";
import { judgeWchan } from "../../src/cifs/wchan.ts";
import { judgeSuspect, RequestList } from "../../src/detector/liveness.ts";
import { KernelSource } from "../../src/kernel/kernel-source.ts";
import type { Anomaly } from "../../src/model/anomaly.ts";
import { COMMAND } from "../../src/model/command.ts";
import { ThreadHandle } from "../../src/supervisor/thread-handle.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { closeFd, makeEventFd, signalEventFd } from "../../src/system/eventfd.ts";
import type { DetectorCounts, FromDetector, ToDetector } from "../../src/thread/messages.ts";
import { aRequest } from "../helpers/request.ts";
import { aStuckRule } from "../helpers/rule.ts";
import { percentile, printRow, sized } from "./row.ts";

const TRIALS = sized(50, 3);
const LIMIT_MS = 200;
const LOAD_MS = sized(5_000, 500);
const IDLE_MS = sized(5_000, 500);
const SETTLE_MS = 3_000;
const SUSPECTS = 1_000;

const rules = [aStuckRule({ stuckMs: LIMIT_MS })];
const source = KernelSource.load();
source.applyRules(rules);
const wakeFd = makeEventFd();
const handles = { ...source.memory, wakeFd, ueventFd: -1, mountinfoFd: -1, kernelLogFd: -1 };

let heard = Promise.withResolvers<Anomaly>();
let recovered = Promise.withResolvers<void>();
let counted = Promise.withResolvers<DetectorCounts>();
const ready = Promise.withResolvers<void>();
const fail = (message: string) => heard.reject(new Error(message));
const detector = new ThreadHandle<ToDetector, FromDetector>({
  name: "detector",
  spawn: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
  begin: () => [{ type: "start", handles, source: "demo", rules, trees: [] }],
  onReport: (report) => {
    if (report.type === "ready") ready.resolve();
    if (report.type === "anomaly") heard.resolve(report.anomaly);
    if (report.type === "recovered") recovered.resolve();
    if (report.type === "pulse") counted.resolve(report.counts);
  },
  onRestart: ({ message }) => fail(message),
  onFatal: ({ message }) => fail(message),
  wake: () => signalEventFd(wakeFd),
});
detector.start();
await ready.promise;

let messageId = 0n;
const aCall = (command: number) => ({ treeId: 0, sessionId: 1n, command, messageId: ++messageId });

const foundMs: number[] = [];
const saidMs: number[] = [];
for (let trial = 0; trial < TRIALS; trial++) {
  heard = Promise.withResolvers<Anomaly>();
  recovered = Promise.withResolvers<void>();
  const call = aCall(COMMAND.SMB2_READ);
  source.traffic.enter(call);
  const { occurredNs, detectedNs } = await heard.promise;
  saidMs.push((monotonicNs() - occurredNs) / 1e6);
  foundMs.push((detectedNs - occurredNs) / 1e6);
  source.traffic.done(call);
  await recovered.promise;
}

async function wakeUps(): Promise<number> {
  counted = Promise.withResolvers<DetectorCounts>();
  detector.post({ type: "ping" });
  return (await counted.promise).wakeUps;
}

/** Wake-ups per second of the detector while this runs, with those for reading listed separately. */
async function wakeUpsDuring(ms: number, work: () => Promise<void>): Promise<number> {
  const before = await wakeUps();
  await work();
  return Math.max(0, (await wakeUps()) - before - 1) / (ms / 1000);
}

let requests = 0;
const underLoad = await wakeUpsDuring(LOAD_MS, async () => {
  for (const end = monotonicNs() + LOAD_MS * 1e6; monotonicNs() < end; await Bun.sleep(0)) {
    for (let i = 0; i < 500; i++) {
      const call = aCall(COMMAND.SMB2_WRITE);
      source.traffic.enter(call);
      source.traffic.done(call);
      requests += 1;
    }
  }
});
await Bun.sleep(SETTLE_MS);
const atRest = await wakeUpsDuring(IDLE_MS, () => Bun.sleep(IDLE_MS));
await detector.stop(2_000);
source.close();
closeFd(wakeFd);

/** DebugData with so many requests on the wire, as 6.12 writes it. */
function debugDataOf(listed: number): string {
  const mids = Array.from(
    { length: listed },
    (_, i) => `\t\tState: 2 com: 8 pid: ${1000 + i} cbdata: 00000000b7b5d2c1 mid ${i}`,
  );
  return `1) ConnectionId: 0x1 Hostname: files \nTCP status: 1 Instance: 1\n\t1) Address: 192.0.2.1 Uses: 1\n\tSecurity type: Kerberos  SessionId: 0x1\n\tMIDs: \n\tServer ConnectionId: 0x1\n${mids.join("\n")}\n`;
}

const text = debugDataOf(SUSPECTS);
const confirmMs: number[] = [];
for (let round = 0; round < TRIALS; round++) {
  const startedNs = monotonicNs();
  const reading = { readNs: 2e9, list: new RequestList(parseDebugData(text)), isLate: false };
  for (let i = 0; i < SUSPECTS; i++) {
    const request = aRequest({ taskId: 1000 + i, messageId: BigInt(i), latencyMs: 0 });
    const waitOf = () => judgeWchan(readWchan(process.pid));
    const verdict = judgeSuspect({ request, hasLine: true, sinceNs: 1e9 }, reading, waitOf);
    if (verdict !== "alive") throw new Error(`a request that is listed is ${verdict}`);
  }
  confirmMs.push((monotonicNs() - startedNs) / 1e6);
}

const unit = "ms";
printRow({
  what: `a request that hangs, due -> found, worst of ${TRIALS}`,
  measured: Math.max(...foundMs),
  unit,
  goal: "≤ 20",
});
const confirmedMs = percentile(confirmMs, 0.5);
printRow({
  what: `due -> said, worst of ${TRIALS}, and ${SUSPECTS} suspects confirmed`,
  measured: Math.max(...saidMs) + confirmedMs,
  unit,
  goal: "≤ 100",
  reference: `${confirmedMs.toFixed(1)} ms of it for the ${SUSPECTS}`,
});
printRow({
  what: `wake-ups under healthy load, a rule of type Stuck`,
  measured: underLoad,
  unit: "a second",
  goal: "≤ 20",
  reference: `${Math.round(requests / (LOAD_MS / 1000)).toLocaleString("en-US")} requests a second`,
});
printRow({ what: "wake-ups while nothing is open", measured: atRest, unit: "a second", goal: "0" });
process.exit(0);
