// The rules of bpf/operation.h, said once more in the plainest way, for tasks that share one set of lines. In: what the
// hooks say, one event after the other; out: what stands in each line, counters. It knows no CPUs and no exchange.

import { GEOMETRY } from "../../src/model/request.gen.ts";

/** XIDS, bpf/operation.h. */
export const XIDS = 4096;

interface Line {
  readonly thread: number;
  readonly xid: number;
  /** Number of the event that began it. */
  readonly begun: number;
}

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

  begin(thread: number, xid: number, begun: number): void {
    const own = this.#lineOf(thread);
    const free = this.lines.indexOf(undefined);
    if (own >= 0) this.counters.operations_overwritten++;
    else if (free < 0) this.counters.operations_displaced++;
    const at = own >= 0 ? own : free >= 0 ? free : this.#oldest();
    this.lines[at] = { thread, xid, begun };
    this.#index.set(xid % XIDS, at);
    this.counters.operations_entered++;
  }

  /** @returns what the program has to return. */
  exit(thread: number, xid: number): number {
    const own = this.#lineOf(thread);
    const at = this.lines[own]?.xid === xid ? own : (this.#index.get(xid % XIDS) ?? -1);
    return this.lines[at]?.xid === xid ? this.#free(at, "operations_ended") : 0;
  }

  /** A reply to CLOSE. */
  close(thread: number): void {
    this.#free(this.#lineOf(thread), "operations_ended");
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

  #free(at: number, why: "operations_ended" | "operations_reaped"): number {
    if (this.lines[at] === undefined) return 0;
    this.lines[at] = undefined;
    this.counters[why]++;
    return 1;
  }
}
