// The detector's thread: wiring only. In: messages of the supervisor, records on the ring, notices of the kernel; out:
// reports. It sleeps in one epoll set. What it does next is decided by detector.ts; nothing is decided here.
//
// Order of a round: read the ring, decide, post, and only then give the ring's places back: a thread that dies in
// between is followed by one that reads the same records again.

import { parseDebugData } from "../cifs/debug-data.ts";
import {
  findTasks,
  isWaitingForCifs,
  readDebugData,
  readTask,
  readWchan,
  showsAllTasks,
} from "../cifs/proc.ts";
import { judgeWchan } from "../cifs/wchan.ts";
import { Control } from "../kernel/control.ts";
import { ReplyTally } from "../kernel/reply-tally.ts";
import { RingReader } from "../kernel/ring.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import type { RequestMemory } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import type { SourceHandles } from "../model/source.ts";
import { monotonicNs } from "../system/clock.ts";
import { Epoll } from "../system/epoll.ts";
import { drainEventFd } from "../system/eventfd.ts";
import { readUevents } from "../system/uevents.ts";
import type { FromDetector, ToDetector } from "../thread/messages.ts";
import { type Port, serve } from "../thread/port.ts";
import { Detector } from "./detector.ts";
import type { RepliesTo } from "./track.ts";
import { type CifsReader, type Witness, witnessFor } from "./witness.ts";

type Start = Extract<ToDetector, { type: "start" }>;

const isBlind = !showsAllTasks();

const CIFS_READER: CifsReader = {
  readDebugData: () => {
    const read = readDebugData();
    return read && parseDebugData(read.text, read.truncated);
  },
  waitOf: (taskId) => (isBlind ? "running" : judgeWchan(readWchan(taskId))),
  findWaiting: () => findTasks(isWaitingForCifs),
  taskOf: readTask,
};

/** The clock is read again after so many records: about a tenth of a millisecond. */
const RECORDS_BETWEEN_CLOCKS = 64;

class Watch {
  readonly #port: Port<FromDetector>;
  readonly #handles: SourceHandles;
  readonly #epoll = Epoll.create();
  readonly #ring: RingReader;
  readonly #control: Control;
  readonly #witness: Witness;
  readonly #detector: Detector;
  #wakeUps = 0;
  #stopping = false;

  constructor(port: Port<FromDetector>, { handles, source, rules, trees }: Start) {
    this.#port = port;
    this.#handles = handles;
    this.#ring = new RingReader(handles);
    this.#control = new Control(handles);
    this.#witness = witnessFor(source, CIFS_READER, monotonicNs(), trees);
    const tables = { table: openTable(handles), operations: openOperations(handles) };
    const tally = new ReplyTally(handles);
    const repliesTo: RepliesTo = (share, commands) => tally.repliesTo(this.#witness.slotOf(share), commands);
    this.#detector = new Detector(rules, tables, this.#witness, monotonicNs(), repliesTo);
    for (const fd of [handles.ringFd, handles.wakeFd, handles.ueventFd]) if (fd >= 0) this.#epoll.add(fd);
    if (handles.mountinfoFd >= 0) this.#epoll.add(handles.mountinfoFd, "exceptional");
  }

  /** Works until `stop`. */
  async run(): Promise<void> {
    try {
      this.#port.post({ type: "ready" });
      while (!this.#stopping) await this.#turn();
      this.#round();
      for (const anomaly of this.#detector.sayAll()) this.#port.post({ type: "anomaly", anomaly });
      this.pulse();
    } finally {
      // It is the process's, not the thread's: another detector follows a failed one.
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
    this.#port.post({ type: "pulse", counts: { ...this.#detector.counts, wakeUps: this.#wakeUps } });
  }

  // --- internal ---

  async #turn(): Promise<void> {
    this.#round();
    const ready = this.#epoll.wait(this.#detector.idleNs(monotonicNs()) / 1e6);
    this.#wakeUps += 1;
    this.#noteHost(ready);
    if (ready.includes(this.#handles.wakeFd)) await this.#receive();
  }

  #round(): void {
    // The imitation's is an eventfd, ready until it is read; a ring buffer's map refuses to be read.
    drainEventFd(this.#handles.ringFd);
    this.#readRing();
    const now = monotonicNs();
    this.#detector.look(now);
    const shares = this.#witness.takeShares();
    if (shares !== undefined) this.#port.post({ type: "shares", shares });
    for (const anomaly of this.#detector.say(now)) this.#port.post({ type: "anomaly", anomaly });
    for (const recovery of this.#detector.takeRecovered()) this.#port.post({ type: "recovered", recovery });
    const dead = this.#detector.takeDead();
    if (dead.length > 0) this.#port.post({ type: "dead", requests: dead });
    const left = this.#detector.takeLeft();
    if (left.length > 0) this.#port.post({ type: "left", operations: left });
    this.#ring.commit();
    if (this.#detector.wantsWake) this.#control.setAsleep();
  }

  #readRing(): void {
    const detector = this.#detector;
    const places: number[] = [];
    let records: RequestMemory | undefined;
    const collect = (memory: RequestMemory, at: number): void => {
      records = memory;
      places.push(at);
    };
    const count = this.#ring.read(collect, () => detector.takeMalformed());
    let now = monotonicNs();
    places.forEach((at, index) => {
      if (index % RECORDS_BETWEEN_CLOCKS === 0) now = monotonicNs();
      if (records !== undefined) detector.take(records, at, now);
    });
    detector.endOfRecords(count, now);
  }

  /** Lets the messages in that were posted before the eventfd was written. */
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
    if (ready.includes(mountinfoFd)) this.#port.post({ type: "hostChanged", what: "mounts" });
  }
}

serve<ToDetector, FromDetector>((port) => {
  let watch: Watch | undefined;
  return (message) => {
    switch (message.type) {
      case "start":
        watch = new Watch(port, message);
        // Not awaited: it ends with the thread, and messages are served meanwhile.
        watch.run().catch((thrown) => port.fail(thrown));
        break;
      case "configure":
        watch?.configure(message.rules);
        break;
      case "attached":
        watch?.inherit();
        break;
      case "ping":
        watch?.pulse();
        break;
      case "stop":
        if (watch === undefined) port.post({ type: "stopped" });
        watch?.stop();
        break;
      default:
        message satisfies never;
    }
  };
});
