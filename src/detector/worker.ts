// The detector's thread, which is wiring only: it carries messages of the supervisor, records of the ring and
// notifications of the kernel to the detector, and its reports back. It sleeps in one epoll set. detector.ts makes the
// decisions; this file makes none.
//
// Order of a round: read the ring, decide, post, and only then release the ring's slots. If the thread dies in between,
// its successor reads the same records again.

import { parseDebugData } from "../cifs/debug-data.ts";
import { KernelLogFeed } from "../cifs/kernel-log-feed.ts";
import {
  DEBUG_DATA,
  findTasks,
  isWaitingForCifs,
  readBlock,
  readHostMountinfo,
  readTask,
  readWchan,
  showsAllTasks,
} from "../cifs/proc.ts";
import { judgeWchan } from "../cifs/wchan.ts";
import { Control } from "../kernel/control.ts";
import { ReplyTally } from "../kernel/reply-tally.ts";
import { RingReader } from "../kernel/ring.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import { isCifsMount } from "../model/mounted-share.ts";
import { parseMountInfo } from "../model/mountinfo.ts";
import type { Readability } from "../model/readability.ts";
import type { RequestMemory } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import { signalName } from "../model/signal.ts";
import type { SourceHandles } from "../model/source.ts";
import { monotonicNs } from "../system/clock.ts";
import { DisposableReader, type Outcome } from "../system/disposable-reader.ts";
import { Epoll } from "../system/epoll.ts";
import { drainEventFd } from "../system/eventfd.ts";
import { KernelLogReader } from "../system/kernel-log-reader.ts";
import { readUevents } from "../system/uevents.ts";
import type { FromDetector, ToDetector } from "../thread/messages.ts";
import { type Port, serve } from "../thread/port.ts";
import { witnessFor } from "./cifs-witness.ts";
import { Detector } from "./detector.ts";
import type { RepliesTo } from "./rule-window.ts";
import { usedTreesOf } from "./used-trees.ts";
import type { CifsReader, DebugDataResult, Witness } from "./witness.ts";

type Start = Extract<ToDetector, { type: "start" }>;

const isBlind = !showsAllTasks();

/** Records between two readings of the clock: about 0.1 ms. */
const RECORDS_BETWEEN_CLOCKS = 64;

class DetectorThread {
  readonly #port: Port<FromDetector>;
  readonly #handles: SourceHandles;
  readonly #epoll = Epoll.create();
  readonly #ring: RingReader;
  readonly #control: Control;
  readonly #debugData = new DisposableReader({ ...DEBUG_DATA, waitSet: this.#epoll });
  /** Undefined if the kernel log can't be read. */
  readonly #kernelLog: KernelLogFeed | undefined;
  #isKernelLogReady = false;
  readonly #witness: Witness;
  readonly #detector: Detector;
  /** The value that was reported last; undefined before the first reading. */
  #readability: Readability | undefined;
  #wakeUps = 0;
  #stopping = false;

  constructor(port: Port<FromDetector>, { handles, source, rules, trees }: Start) {
    this.#port = port;
    this.#handles = handles;
    this.#ring = new RingReader(handles);
    this.#control = new Control(handles);
    const tables = { table: openTable(handles), operations: openOperations(handles) };
    this.#witness = witnessFor(source, this.#cifsReader(tables.table), monotonicNs(), trees);
    const tally = new ReplyTally(handles);
    const repliesTo: RepliesTo = (share, commands) => tally.repliesTo(this.#witness.slotOf(share), commands);
    this.#detector = new Detector(rules, tables, this.#witness, monotonicNs(), repliesTo);
    for (const fd of [handles.ringFd, handles.wakeFd, handles.ueventFd]) if (fd >= 0) this.#epoll.add(fd);
    if (handles.mountinfoFd >= 0) this.#epoll.add(handles.mountinfoFd, "exceptional");
    if (handles.kernelLogFd >= 0)
      this.#kernelLog = new KernelLogFeed(new KernelLogReader(handles.kernelLogFd, this.#epoll));
  }

  /** Works until `stop`. */
  async run(): Promise<void> {
    try {
      this.#port.post({ type: "ready" });
      while (!this.#stopping) await this.#turn();
      this.#round();
      for (const anomaly of this.#detector.takeAll(monotonicNs()))
        this.#port.post({ type: "anomaly", anomaly });
      this.pulse();
    } finally {
      this.#debugData.close();
      // Its descriptor belongs to the process, not to the thread, and another detector follows a failed one.
      this.#epoll.close();
    }
    this.#port.post({ type: "stopped" });
  }

  stop(): void {
    this.#stopping = true;
  }

  configure(rules: readonly Rule[]): void {
    for (const anomaly of this.#detector.configure(rules, monotonicNs())) {
      this.#port.post({ type: "anomaly", anomaly });
    }
  }

  inherit(): void {
    this.#detector.inherit(monotonicNs());
  }

  pulse(): void {
    const { late } = this.#debugData;
    const kernelLogOverwritten = this.#kernelLog?.overwritten ?? 0;
    const own = { wakeUps: this.#wakeUps, lateReadings: late, kernelLogOverwritten };
    const counts = { ...this.#detector.counts, ...own };
    this.#port.post({ type: "approaches", approaches: this.#detector.approaches(monotonicNs()) });
    this.#port.post({ type: "pulse", counts });
  }

  // --- internal ---

  async #turn(): Promise<void> {
    this.#round();
    const now = monotonicNs();
    const dueNs = Math.min(this.#debugData.dueNs, this.#kernelLog?.dueNs ?? Infinity);
    const idleNs = Math.min(this.#detector.idleNs(now), Math.max(0, dueNs - now));
    const ready = this.#epoll.wait(idleNs / 1e6);
    this.#wakeUps += 1;
    this.#isKernelLogReady = ready.includes(this.#handles.kernelLogFd);
    this.#noteHost(ready);
    if (ready.includes(this.#handles.wakeFd)) await this.#receive();
  }

  #round(): void {
    // The demo's ring has an eventfd, which is ready until it is read; the map of a ring buffer refuses to be read.
    drainEventFd(this.#handles.ringFd);
    this.#readRing();
    const now = monotonicNs();
    this.#takeReading(now);
    for (const signal of this.#kernelLog?.poll(now, this.#isKernelLogReady) ?? []) {
      this.#port.post({ type: "kernelLog", signal: signalName(signal.number), text: signal.text });
      this.#detector.takeKernelLog(signal, now);
    }
    this.#detector.scan(now);
    const shares = this.#witness.takeShares();
    if (shares !== undefined) this.#port.post({ type: "shares", shares });
    for (const anomaly of this.#detector.takeDue(now)) this.#port.post({ type: "anomaly", anomaly });
    for (const recovery of this.#detector.takeRecovered()) this.#port.post({ type: "recovered", recovery });
    const orphaned = this.#detector.takeOrphaned();
    if (orphaned.length > 0) this.#port.post({ type: "orphanedRequests", requests: orphaned });
    const abandoned = this.#detector.takeAbandoned();
    if (abandoned.length > 0) this.#port.post({ type: "abandonedOperations", operations: abandoned });
    this.#ring.commit();
    if (this.#detector.wantsWake) this.#control.setAsleep();
  }

  /** DebugData is read by a child process, which answers later, or never. */
  #takeReading(nowNs: number): void {
    const outcome = this.#debugData.poll(nowNs);
    const { readability } = this.#debugData;
    const isKnown = outcome !== undefined || this.#readability !== undefined;
    if (isKnown && readability !== this.#readability) {
      this.#readability = readability;
      this.#port.post({ type: "clientLists", readability });
    }
    if (outcome !== undefined) this.#detector.takeReading(answerOf(outcome), nowNs);
  }

  #cifsReader(table: RequestMemory): CifsReader {
    return {
      usedTrees: usedTreesOf(table),
      readDebugData: (nowNs) => {
        const begun = this.#debugData.begin(nowNs);
        return begun === "begun" ? "pending" : answerOf({ type: begun });
      },
      waitOf: (taskId) => (isBlind ? "running" : judgeWchan(readWchan(taskId))),
      blockOf: (taskId) => (isBlind ? undefined : readBlock(taskId)),
      findWaiting: () => findTasks(isWaitingForCifs),
      readMounts: () => parseMountInfo(readHostMountinfo() ?? "").filter(isCifsMount),
      taskOf: readTask,
    };
  }

  #readRing(): void {
    const detector = this.#detector;
    const offsets: number[] = [];
    let records: RequestMemory | undefined;
    const collect = (memory: RequestMemory, at: number): void => {
      records = memory;
      offsets.push(at);
    };
    const count = this.#ring.read(collect, () => detector.takeMalformed());
    let now = monotonicNs();
    offsets.forEach((at, index) => {
      if (index % RECORDS_BETWEEN_CLOCKS === 0) now = monotonicNs();
      if (records !== undefined) detector.take(records, at, now);
    });
    detector.endOfRecords(count, now);
  }

  /** Lets the messages be delivered that were posted before the eventfd was written. */
  async #receive(): Promise<void> {
    drainEventFd(this.#handles.wakeFd);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #noteHost(ready: readonly number[]): void {
    const { ueventFd, mountinfoFd } = this.#handles;
    if (ready.includes(ueventFd)) {
      const isCifs = readUevents(ueventFd).some(({ devpath }) => devpath === "/module/cifs");
      if (isCifs) this.#port.post({ type: "hostChanged", what: "module" });
    }
    if (!ready.includes(mountinfoFd)) return;
    this.#port.post({ type: "hostChanged", what: "mounts" });
    this.#witness.noteMounts(monotonicNs());
  }
}

function answerOf(outcome: Outcome): DebugDataResult {
  if (outcome.type === "read") return parseDebugData(outcome.text, outcome.truncated);
  return outcome.type === "late" ? "late" : undefined;
}

serve<ToDetector, FromDetector>((port) => {
  let thread: DetectorThread | undefined;
  return (message) => {
    switch (message.type) {
      case "start":
        thread = new DetectorThread(port, message);
        // Not awaited: it runs until the thread ends, and messages are served meanwhile.
        thread.run().catch((thrown) => port.fail(thrown));
        break;
      case "configure":
        thread?.configure(message.rules);
        break;
      case "attached":
        thread?.inherit();
        break;
      case "ping":
        thread?.pulse();
        break;
      case "stop":
        if (thread === undefined) port.post({ type: "stopped" });
        thread?.stop();
        break;
      default:
        message satisfies never;
    }
  };
});
