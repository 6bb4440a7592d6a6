// The kernel side in memory, for hosts that refuse BPF: the same request table, operations and ring, byte for byte,
// written by TypeScript instead of BPF programs. It serves `aod demo` and the tests of code that reads them, so its
// pairing knows one task and one connection only. It never sees a real request.

import type { Losses } from "../model/capture.ts";
import { COMMAND } from "../model/command.ts";
import { type Operation, OperationMemory, writeOperation } from "../model/operation.ts";
import { COUNTERS, FLAG, GEOMETRY, KIND, REQUEST_BYTES } from "../model/request.gen.ts";
import { type Request, RequestMemory, writeRequest } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import type { KnownTree } from "../model/share.ts";
import type { OperationErrors, Tallies } from "../model/tally.ts";
import { monotonicNs } from "../system/clock.ts";
import { closeFd, makeEventFd, signalEventFd } from "../system/eventfd.ts";
import { PAGE_BYTES, viewOf } from "../system/memory.ts";
import { sharedMemory } from "../system/memory-file.ts";
import { type KernelFilters, planFilters } from "./filters.ts";
import { ImitatedTallies } from "./imitated-tallies.ts";
import { mapImitatedMemory, OPERATIONS_BYTES, type SourceMemory, TABLE_BYTES, unmapAll } from "./mapping.ts";
import type { Call, RequestSource, RunTime, Traffic } from "./source.ts";

type CounterName = (typeof COUNTERS)[number];

const HEADER_BYTES = 8;
/** Replies that end an operation without other requests: bpf/operation.h. */
const ENDING: readonly number[] = [COMMAND.SMB2_CLOSE, COMMAND.SMB2_TREE_DISCONNECT, COMMAND.SMB2_LOGOFF];
const WAKE_RECORD: Omit<Request, "startNs"> = {
  latencyNs: 0,
  sessionId: 0n,
  messageId: 0n,
  treeId: 0,
  taskId: 0,
  processId: 0,
  ntStatus: 0,
  errno: 0,
  command: 0,
  flags: 0,
  kind: KIND.WAKE,
  comm: "",
};
const SET_BYTES = GEOMETRY.SET_LINES * REQUEST_BYTES;

export class Imitation implements RequestSource {
  readonly memory: SourceMemory;
  readonly traffic: Traffic;
  readonly #ringFd = makeEventFd();
  readonly #table: DataView;
  readonly #lines: RequestMemory;
  readonly #operations: DataView;
  readonly #operationLines: OperationMemory;
  /** The operation around the one in the line. */
  #outer: Operation | undefined;
  /** When the task last sent a request other than ENDING, ns of CLOCK_MONOTONIC. */
  #lastRequestNs = 0n;
  readonly #ring: DataView;
  readonly #producer: BigUint64Array;
  readonly #consumer: BigUint64Array;
  readonly #asleep: Uint32Array;
  readonly #counters: Record<string, number> = Object.fromEntries(COUNTERS.map((name) => [name, 0]));
  readonly #tallies = new ImitatedTallies();
  #filters: KernelFilters = planFilters([]);
  #quiet = new Set<string>();
  #closed = false;

  constructor() {
    const fds = {
      ring: sharedMemory("aod-ring", 2 * PAGE_BYTES + GEOMETRY.RING_BYTES),
      table: sharedMemory("aod-table", TABLE_BYTES),
      operations: sharedMemory("aod-operations", OPERATIONS_BYTES),
      control: sharedMemory("aod-control", PAGE_BYTES),
    };
    this.memory = mapImitatedMemory(fds, this.#ringFd);
    for (const fd of Object.values(fds)) closeFd(fd);
    const table = viewOf(this.memory.tableAddress, TABLE_BYTES);
    this.#table = new DataView(table);
    this.#lines = new RequestMemory(table);
    const operations = viewOf(this.memory.operationsAddress, OPERATIONS_BYTES);
    this.#operations = new DataView(operations);
    this.#operationLines = new OperationMemory(operations);
    this.#ring = new DataView(viewOf(this.memory.ringDataAddress, 2 * GEOMETRY.RING_BYTES));
    this.#producer = new BigUint64Array(viewOf(this.memory.ringProducerAddress, 8));
    this.#consumer = new BigUint64Array(viewOf(this.memory.ringConsumerAddress, 8));
    this.#asleep = new Uint32Array(viewOf(this.memory.controlAddress, 4));
    this.traffic = {
      enter: (call) => this.#enter(call),
      done: (call) => this.#reply(call, 0, 0),
      fail: (call, ntStatus, errno) => this.#reply(call, ntStatus, errno),
      begin: (xid) => this.#begin(xid),
      end: (xid) => this.#end(xid),
    };
  }

  applyRules(rules: readonly Rule[]): void {
    this.#filters = planFilters(rules);
    this.#quiet = new Set(this.#filters.quiet.map(({ ntStatus, command }) => `${ntStatus} ${command}`));
  }

  counters(): Losses {
    return { ...this.#counters };
  }

  reap(request: Request): boolean {
    const at = this.#find(request);
    if (at === undefined || this.#lines.read(at).startNs !== request.startNs) return false;
    this.#close(at, { flags: FLAG.REAPED });
    this.#count("reaped");
    return true;
  }

  tallies(): Tallies {
    return this.#tallies.read();
  }

  /** Always empty: operations of the imitation never fail. */
  operationErrors(): readonly OperationErrors[] {
    return [];
  }

  mapBytes(): number {
    return 0;
  }

  countRunTime(): undefined {
    return undefined;
  }

  runTime(): RunTime {
    return { requests: 0, timeNs: 0 };
  }

  placeTrees(trees: readonly KnownTree[]): void {
    this.#tallies.placeTrees(trees);
  }

  reapOperation(startNs: bigint, taskId: number): boolean {
    const operation = this.#operationLines.read(0);
    if (startNs === 0n || operation.startNs !== startNs || operation.taskId !== taskId) return false;
    writeOperation(this.#operations, 0, { ...operation, startNs: 0n });
    this.#count("operations_reaped");
    if (this.#outer !== undefined) this.#count("operations_overwritten");
    this.#outer = undefined;
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unmapAll(this.memory);
    closeFd(this.#ringFd);
  }

  #enter(call: Call): void {
    const at = this.#place(call);
    const startNs = BigInt(Math.round(monotonicNs()));
    if (!ENDING.includes(call.command)) this.#lastRequestNs = startNs;
    writeRequest(this.#table, at, {
      ...call,
      startNs,
      latencyNs: 0,
      taskId: process.pid,
      processId: process.pid,
      ntStatus: 0,
      errno: 0,
      flags: 0,
      kind: KIND.REQUEST,
      comm: "aod",
    });
    this.#count("entered");
    this.#wake();
  }

  /** There is one task, so only the first line is used; the task's operation before becomes the outer one. */
  #begin(xid: number): void {
    if (this.#outer !== undefined) this.#count("operations_overwritten");
    const before = this.#operationLines.read(0);
    this.#outer = before.startNs === 0n ? undefined : before;
    const startNs = BigInt(Math.round(monotonicNs()));
    const task = { taskId: process.pid, processId: process.pid, comm: "aod" };
    writeOperation(this.#operations, 0, { startNs, xid, ...task });
    this.#count("operations_entered");
    this.#wake();
  }

  #end(xid: number): void {
    if (this.#operationLines.read(0).xid === xid) this.#leave();
    else if (this.#outer?.xid === xid) {
      this.#outer = undefined;
      this.#count("operations_ended");
    }
  }

  /** Ends the operation in the line, which goes back to the operation around it or is free. */
  #leave(): void {
    const operation = this.#operationLines.read(0);
    if (operation.startNs === 0n) return;
    const outer = this.#outer;
    this.#outer = undefined;
    writeOperation(this.#operations, 0, outer ?? { ...operation, startNs: 0n });
    this.#count("operations_ended");
    if (outer !== undefined) this.#wake();
  }

  #wake(): void {
    if (Atomics.exchange(this.#asleep, 0, 0) !== 1) return;
    this.#send({ ...WAKE_RECORD, startNs: BigInt(Math.round(monotonicNs())) });
  }

  #reply(call: Call, ntStatus: number, errno: number): void {
    const hasSentOther = this.#lastRequestNs >= this.#operationLines.read(0).startNs;
    if (ENDING.includes(call.command) && !hasSentOther) this.#leave();
    const at = this.#find(call);
    if (at === undefined) {
      this.#count("unpaired");
      return;
    }
    this.#close(at, { flags: errno === 0 ? FLAG.REPLIED : FLAG.REPLIED | FLAG.ERRORED, ntStatus, errno });
    this.#count("replied");
    this.#tallies.add(this.#lines.read(at), this.#lines.latencyNs(at));
    const filter = this.#filters.commands[call.command];
    if (filter === undefined) return;
    const mask = filter.errnoMask[errno >> 6] ?? 0n;
    const wanted =
      ((mask >> BigInt(errno & 63)) & 1n) === 1n && !this.#quiet.has(`${ntStatus} ${call.command}`);
    if (this.#lines.latencyNs(at) >= filter.slowNs || (errno !== 0 && wanted))
      this.#send(this.#lines.read(at));
  }

  #close(at: number, ending: Partial<Request>): void {
    const line = this.#lines.read(at);
    const latencyNs = Math.max(1, Math.round(monotonicNs() - Number(line.startNs)));
    writeRequest(this.#table, at, { ...line, latencyNs, ...ending });
  }

  /** The open line of this message; undefined if there is none. */
  #find({ messageId, command }: Pick<Call, "messageId" | "command">): number | undefined {
    return this.#set(messageId).find((at) => {
      const line = this.#lines.read(at);
      return (
        line.startNs !== 0n &&
        line.latencyNs === 0 &&
        line.messageId === messageId &&
        line.command === command
      );
    });
  }

  /**
   * The line to use: an empty one, else the oldest complete one, else the oldest open one, which is sent to user space.
   */
  #place({ messageId }: Call): number {
    const lines = this.#set(messageId).map((at) => ({ at, line: this.#lines.read(at) }));
    const rank = ({ line }: { line: Request }) => (line.startNs === 0n ? 0 : line.latencyNs > 0 ? 1 : 2);
    lines.sort((a, b) => rank(a) - rank(b) || Number(a.line.startNs - b.line.startNs));
    const victim = lines[0];
    if (victim === undefined) throw new RangeError("a set without lines");
    if (rank(victim) === 2) {
      this.#count("evicted");
      this.#send({ ...victim.line, kind: KIND.EVICTED });
    }
    return victim.at;
  }

  /** Offsets of the lines that may hold this message. */
  #set(messageId: bigint): readonly number[] {
    const set = Number((messageId ^ (messageId >> 14n)) & BigInt(GEOMETRY.SETS - 1));
    return Array.from({ length: GEOMETRY.SET_LINES }, (_, i) => set * SET_BYTES + i * REQUEST_BYTES);
  }

  #send(record: Request): void {
    const position = this.#producer[0] ?? 0n;
    const used = position - Atomics.load(this.#consumer, 0);
    if (used + BigInt(HEADER_BYTES + REQUEST_BYTES) > BigInt(GEOMETRY.RING_BYTES)) {
      this.#count("ring_full");
      return;
    }
    const at = Number(position & BigInt(GEOMETRY.RING_BYTES - 1));
    writeRequest(this.#ring, at + HEADER_BYTES, record);
    this.#ring.setUint32(at, REQUEST_BYTES, true);
    Atomics.store(this.#producer, 0, position + BigInt(HEADER_BYTES + REQUEST_BYTES));
    signalEventFd(this.#ringFd);
  }

  #count(name: CounterName): void {
    this.#counters[name] = (this.#counters[name] ?? 0) + 1;
  }
}
