// A stage for the detector: a request table and a ring in memory, a witness that answers as the test wants, and a clock
// that the test moves. It does what the worker does in each round: take records, scan, report.

import { Detector } from "../../src/detector/detector.ts";
import type { Liveness, Suspect } from "../../src/detector/liveness.ts";
import type { RepliesTo } from "../../src/detector/rule-window.ts";
import type { Task } from "../../src/detector/servers.ts";
import type { Inheritance, Witness } from "../../src/detector/witness.ts";
import type { Anomaly, Recovery } from "../../src/model/anomaly.ts";
import type { Block, TaskWait } from "../../src/model/cifs.ts";
import { type Operation, OperationMemory, writeOperation } from "../../src/model/operation.ts";
import { FLAG, KIND, OPERATION, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { type Request, RequestMemory, writeRequest } from "../../src/model/request.ts";
import type { Rule } from "../../src/model/rule.ts";
import { aRequest } from "../helpers/request.ts";
import { TABLE_BYTES } from "../helpers/request-table.ts";

const MS = 1e6;

export interface ReportedAnomaly extends Anomaly {
  /** When it was reported, ms. */
  readonly atMs: number;
}

/** Options of a stage. */
interface Setting {
  /** The kernel's reply counters. */
  readonly repliesTo?: RepliesTo;
  readonly tableBytes?: number;
}

export class Stage {
  readonly table: ArrayBuffer;
  readonly anomalies: ReportedAnomaly[] = [];
  readonly orphaned: Request[] = [];
  readonly recovered: Recovery[] = [];
  readonly shares = new Map<number, string>([[5, "//server/share"]]);
  /** `//server` by the id in a signal. */
  readonly servers = new Map<bigint, string>([[0x7n, "//server"]]);
  /** What tasks wait for; tasks that are not listed wait for a reply. */
  readonly waits = new Map<number, TaskWait>();
  /** Tasks that sleep in cifs and do not wait for a server. */
  readonly blocks = new Map<number, Block>();
  inheritance: Inheritance = { requests: [], operations: [] };
  /** Tasks that wait without a line. */
  silent: Task[] = [];
  readonly abandoned: Operation[] = [];
  readonly operations = new ArrayBuffer(OPERATION.BYTES * 64);
  liveness: Liveness = "alive";
  /** Called while the witness checks suspects. */
  meanwhile: (() => void) | undefined;
  readonly asked: Suspect[] = [];
  readableNs = 0;
  /** Until then a DebugData reading in progress may name every share. */
  holdUntilMs = -Infinity;
  detector: Detector;
  #nowMs: number;
  #wakeUps = 0;
  readonly #view: DataView;
  readonly #repliesTo: RepliesTo | undefined;
  readonly #lines = new Map<string, number>();
  #ring: Request[] = [];
  /** The word `asleep` that the BPF programs read. */
  #asleep = false;

  constructor(rules: readonly Rule[], nowMs = 10_000, { repliesTo, tableBytes = TABLE_BYTES }: Setting = {}) {
    this.#nowMs = nowMs;
    this.table = new ArrayBuffer(tableBytes);
    this.#view = new DataView(this.table);
    this.#repliesTo = repliesTo;
    this.detector = this.#start(rules);
  }

  get wakeUps(): number {
    return this.#wakeUps;
  }

  readonly #witness: Witness = {
    shareOf: ({ treeId }) => this.shares.get(treeId) ?? "unknown",
    slotOf: () => 31,
    blockOf: (taskId) => this.blocks.get(taskId),
    waitOf: (taskId) => this.waits.get(taskId) ?? "reply",
    awaitedShare: (last) => (last === undefined ? "unknown" : (this.shares.get(last.treeId) ?? "unknown")),
    inherited: () => this.inheritance,
    findWaiting: (nowNs) =>
      this.silent.map((task) => ({ ...task, xid: 0, startNs: BigInt(Math.round(nowNs)) })),
    serverOf: ({ sessionId }) => this.servers.get(sessionId) ?? "unknown",
    check: (suspects) => {
      this.asked.push(...suspects);
      this.meanwhile?.();
      return suspects.map(() => this.liveness);
    },
    noteMounts: () => undefined,
    dfsPathsOf: () => [],
    takeShares: () => undefined,
    read: () => undefined,
    readNs: Infinity,
    take: () => undefined,
    isAwaiting: () => this.#nowMs < this.holdUntilMs,
    holdUntilNs: -Infinity,
    readableNs: 0,
  };

  #start(rules: readonly Rule[]): Detector {
    const witness = Object.defineProperties(
      { ...this.#witness },
      {
        readableNs: { get: () => this.readableNs },
        holdUntilNs: { get: () => this.holdUntilMs * MS },
      },
    );
    const tables = {
      table: new RequestMemory(this.table),
      operations: new OperationMemory(this.operations),
    };
    return new Detector(rules, tables, witness, this.#nowMs * MS, this.#repliesTo);
  }

  /** The thread dies and another one starts, with the same table and the records that are still on the ring. */
  restart(rules: readonly Rule[]): void {
    this.detector = this.#start(rules);
  }

  /** Sends a request now. */
  enter(parts: Partial<Request> = {}): Request {
    const request = aRequest({ startMs: this.#nowMs, latencyMs: 0, ...parts });
    const at = this.#lines.size * REQUEST_BYTES;
    this.#lines.set(keyOf(request), at);
    writeRequest(this.#view, at, request);
    if (this.#asleep) this.send({ ...request, kind: KIND.WAKE });
    this.#asleep = false;
    return request;
  }

  /** Completes a request now; its record goes on the ring unless `onRing` is false. */
  reply(request: Request, parts: Partial<Request> = {}, onRing = true): Request {
    const latencyNs = Math.max(1, Math.round(this.#nowMs * MS) - Number(request.startNs));
    const complete = { ...request, latencyNs, flags: FLAG.REPLIED, ...parts };
    writeRequest(this.#view, this.#lines.get(keyOf(request)) ?? 0, complete);
    if (onRing) this.send(complete);
    return complete;
  }

  /** Sends and completes a request that ends now. */
  exchange(latencyMs: number, parts: Partial<Request> = {}): Request {
    const startNs = BigInt(Math.round((this.#nowMs - latencyMs) * MS));
    return this.reply(this.enter({ startNs }), parts);
  }

  /** A task enters cifs now, on this line. */
  begin(line: number, parts: Partial<Operation> = {}): Operation {
    const startNs = BigInt(Math.round(this.#nowMs * MS));
    const operation = { startNs, xid: line, taskId: 100 + line, processId: 100, comm: "cp", ...parts };
    writeOperation(new DataView(this.operations), line * OPERATION.BYTES, operation);
    if (this.#asleep) this.send(aRequest({ kind: KIND.WAKE, startMs: this.#nowMs }));
    this.#asleep = false;
    return operation;
  }

  /** The task of this line leaves cifs now. */
  leave(line: number): void {
    new DataView(this.operations).setBigUint64(line * OPERATION.BYTES, 0n, true);
  }

  /** Gives its line to a completed request. */
  evict(request: Request): void {
    const other = aRequest({ startMs: this.#nowMs, latencyMs: 1 });
    writeRequest(this.#view, this.#lines.get(keyOf(request)) ?? 0, other);
    this.send({ ...request, kind: KIND.EVICTED });
  }

  /** Changes a line behind the detector's back. */
  rewrite(request: Request): void {
    writeRequest(this.#view, this.#lines.get(keyOf(request)) ?? 0, request);
  }

  send(record: Request): void {
    this.#ring.push(record);
  }

  /**
   * Does what the worker does when it wakes up now.
   * @param commit false if it dies before it releases the ring's slots.
   */
  round(commit = true): void {
    const nowNs = this.#nowMs * MS;
    const records = new ArrayBuffer(Math.max(1, this.#ring.length) * REQUEST_BYTES);
    const view = new DataView(records);
    this.#ring.forEach((record, index) => {
      writeRequest(view, index * REQUEST_BYTES, record);
    });
    const memory = new RequestMemory(records);
    this.#ring.forEach((_, index) => {
      this.detector.take(memory, index * REQUEST_BYTES, nowNs);
    });
    this.detector.endOfRecords(this.#ring.length, nowNs);
    this.detector.scan(nowNs);
    if (!commit) return;
    this.#ring = [];
    this.collect(this.detector.takeDue(nowNs));
    this.recovered.push(...this.detector.takeRecovered());
    this.orphaned.push(...this.detector.takeOrphaned());
    this.abandoned.push(...this.detector.takeAbandoned());
    this.#asleep ||= this.detector.wantsWake;
  }

  collect(anomalies: readonly Anomaly[]): void {
    this.anomalies.push(...anomalies.map((anomaly) => ({ ...anomaly, atMs: this.#nowMs })));
  }

  /** Lets time pass; the detector wakes up whenever it wants to, and for each record. */
  advance(toMs: number): void {
    if (this.#ring.length > 0) this.round();
    for (;;) {
      const wakesMs = this.#nowMs + this.detector.idleNs(this.#nowMs * MS) / MS;
      if (wakesMs > toMs) break;
      this.#nowMs = wakesMs;
      this.#wakeUps += 1;
      this.round();
    }
    this.#nowMs = toMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }
}

function keyOf({ startNs, messageId }: Request): string {
  return `${startNs}/${messageId}`;
}
