// The rules of bpf/operation.h, said once more in the plainest way, for tasks that share one set of lines. In: what the
// hooks say, one event after the other; out: what stands in each line, counters. It knows no CPUs and no exchange.

import { GEOMETRY } from "../../src/model/request.gen.ts";

/** XIDS, bpf/operation.h. */
export const XIDS = 4096;
/** LAST_REQUESTS, bpf/operation.h. */
const LAST_REQUESTS = 4096;

interface Begun {
  readonly xid: number;
  /** Number of the event that began it. */
  readonly begun: number;
}

interface Line extends Begun {
  readonly thread: number;
  /** What the line held when its own thread began this one. */
  readonly outer: Begun | undefined;
}

type End = "operations_ended" | "operations_overwritten" | "operations_displaced" | "operations_reaped";

export class OperationModel {
  readonly lines: (Line | undefined)[] = new Array<undefined>(GEOMETRY.OPERATION_SET_LINES).fill(undefined);
  readonly counters = {
    operations_entered: 0,
    operations_ended: 0,
    operations_overwritten: 0,
    operations_reaped: 0,
    operations_displaced: 0,
    operations_contended: 0,
  };
  /** By the low bits of an xid: the line where it was. */
  readonly #index = new Map<number, number>();
  /** By the low bits of a task's id: the event in which it last sent something else than a CLOSE. */
  readonly #lastSent = new Map<number, number>();
  readonly #taskOf: (thread: number) => number;

  constructor(taskOf: (thread: number) => number) {
    this.#taskOf = taskOf;
  }

  begin(thread: number, xid: number, begun: number): void {
    const own = this.#lineOf(thread);
    const free = this.lines.indexOf(undefined);
    const at = own >= 0 ? own : free >= 0 ? free : this.#oldest();
    const before = this.lines[at];
    if (own < 0) this.#free(at, "operations_displaced", "operations_displaced");
    else if (before?.outer !== undefined) this.counters.operations_overwritten++;
    this.lines[at] = { thread, xid, begun, outer: own < 0 ? undefined : before };
    this.#index.set(xid % XIDS, at);
    this.counters.operations_entered++;
  }

  /** @returns what the program has to return. */
  exit(thread: number, xid: number): number {
    const own = this.#lineOf(thread);
    if (this.lines[own]?.xid === xid) return this.#leave(own);
    if (this.#endOuter(own, xid) === 1) return 1;
    const at = this.#index.get(xid % XIDS) ?? -1;
    if (this.lines[at]?.xid !== xid) return this.#endOuter(at, xid);
    return this.#free(at, "operations_ended");
  }

  /** A request that is no CLOSE. */
  send(thread: number, event: number): void {
    this.#lastSent.set(this.#taskOf(thread) % LAST_REQUESTS, event);
  }

  /** A reply to CLOSE. */
  close(thread: number): void {
    const at = this.#lineOf(thread);
    const sent = this.#lastSent.get(this.#taskOf(thread) % LAST_REQUESTS) ?? -1;
    if (sent < (this.lines[at]?.begun ?? -1)) this.#leave(at);
  }

  /** @returns what the program has to return. */
  reap(thread: number, begun: number): number {
    const at = this.#lineOf(thread);
    return this.lines[at]?.begun === begun ? this.#free(at, "operations_reaped") : 0;
  }

  #lineOf(thread: number): number {
    return this.lines.findIndex((line) => line?.thread === thread);
  }

  #oldest(): number {
    const begun = this.lines.map((line) => line?.begun ?? -1);
    return begun.indexOf(Math.min(...begun));
  }

  #endOuter(at: number, xid: number): number {
    const line = this.lines[at];
    if (line?.outer?.xid !== xid) return 0;
    this.lines[at] = { ...line, outer: undefined };
    this.counters.operations_ended++;
    return 1;
  }

  #leave(at: number): number {
    const line = this.lines[at];
    if (line === undefined) return 0;
    this.lines[at] = line.outer && { ...line.outer, thread: line.thread, outer: undefined };
    this.counters.operations_ended++;
    return 1;
  }

  #free(at: number, why: End, whyOuter: End = "operations_overwritten"): number {
    const line = this.lines[at];
    if (line === undefined) return 0;
    this.lines[at] = undefined;
    this.counters[why]++;
    if (line.outer !== undefined) this.counters[whyOuter]++;
    return 1;
  }
}
