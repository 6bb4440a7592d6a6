// Reads one file again and again, each time by a disposable child with a deadline: for files whose reading takes locks
// in the kernel that may be held for ever. The text comes later, or the reason why there is none. There is one child at
// a time: while one can't be ended no other is started, and after each late child the pause doubles. A child that waits
// for a CPU gets more time, because a busy host must not look like a held lock.
//
//   idle ── begin ── running ── exit ─────────────────────────────── "read" or "unreadable"
//                       └── deadline ── "late", SIGKILL ── exit ──── idle again after a pause
//                                             └── no exit: stuck, nothing is started

import { countExhaustion, exhaustionNamed } from "../model/exhaustion.ts";
import type { Readability } from "../model/readability.ts";
import { type ChildExit, DisposableChild } from "./disposable-child.ts";

/** A healthy host needs 2 ms; a host that is short of CPU needs some tens, and now and then seconds. */
export const READ_WITHIN_NS = 1e9;
/** The latest deadline of a child that waits for a CPU. */
export const STARVED_WITHIN_NS = 10e9;
/** After the first late child; it doubles with each one after it. */
export const PAUSE_NS = 5e9;
export const PAUSE_MAX_NS = 300e9;
/** A child that has not died of its SIGKILL after this time is regarded as unkillable. */
export const DIES_WITHIN_NS = 200e6;
/** Between the end of its output and its own end a child needs some tens of microseconds. */
const ASK_AGAIN_NS = 1e6;

export type Outcome =
  | { readonly type: "read"; readonly text: string; readonly truncated: boolean }
  /** The file does not exist or may not be read, or no child can be started. */
  | { readonly type: "unreadable" }
  /** The deadline is over: something in the kernel blocks the reader. */
  | { readonly type: "late" };

/** The part of a child that this file uses. */
export type ReaderChild = Pick<
  DisposableChild,
  "outputFd" | "exitFd" | "read" | "exit" | "isShortOfCpu" | "kill" | "close"
>;

/** The epoll set that waits for its descriptors. */
export interface WaitSet {
  add(fd: number): void;
  remove(fd: number): void;
}

export interface DisposableReaderOptions {
  readonly path: string;
  /** The rest is cut off. */
  readonly maxBytes: number;
  readonly waitSet: WaitSet;
  /** Starts a child; returns the errno's name if that fails. */
  readonly start?: (path: string) => ReaderChild | string;
}

interface Running {
  readonly child: ReaderChild;
  readonly startNs: number;
  readonly chunks: Uint8Array[];
  /** When it is late, or once it is killed, regarded as unkillable; each moves while it waits for a CPU. */
  deadlineNs: number;
  bytes: number;
  /** Its output has ended: its descriptor would be ready all the time. */
  hasEnded: boolean;
  /** When it was killed for being late, ns. */
  killedNs: number | undefined;
}

export class DisposableReader {
  readonly #options: DisposableReaderOptions;
  readonly #start: (path: string) => ReaderChild | string;
  #running: Running | undefined;
  #lateInARow = 0;
  #late = 0;
  #notBeforeNs = -Infinity;
  #isStuck = false;
  #polledNs = -Infinity;

  constructor(options: DisposableReaderOptions) {
    this.#options = options;
    this.#start = options.start ?? DisposableChild.start;
  }

  /** All readings that were late. */
  get late(): number {
    return this.#late;
  }

  /** The state after the last reading. */
  get readability(): Readability {
    if (this.#isStuck) return "stuck";
    return this.#lateInARow > 0 ? "late" : "readable";
  }

  /** The latest time to call `poll` although no descriptor is ready, ns; Infinity: never. */
  get dueNs(): number {
    const running = this.#running;
    if (running === undefined) return Infinity;
    // The kernel or a sandbox provides no descriptor for its end.
    if (running.hasEnded && running.child.exitFd < 0 && !this.#isStuck) return this.#polledNs + ASK_AGAIN_NS;
    return this.#isStuck ? Infinity : running.deadlineNs;
  }

  /** Begins a reading; `poll` returns its outcome. `late`: an earlier child has not ended, or was late a moment ago. */
  begin(nowNs: number): "begun" | Exclude<Outcome["type"], "read"> {
    // If the kernel provides no descriptor for the end of a child, nothing may be ready.
    if (this.#isStuck) this.poll(nowNs);
    if (this.#running !== undefined) return this.#running.killedNs === undefined ? "begun" : "late";
    if (nowNs < this.#notBeforeNs) return "late";
    const child = this.#start(this.#options.path);
    if (typeof child === "string") {
      const exhausted = exhaustionNamed(child);
      if (exhausted !== undefined) countExhaustion(exhausted);
      return "unreadable";
    }
    this.#running = {
      child,
      startNs: nowNs,
      deadlineNs: nowNs + READ_WITHIN_NS,
      chunks: [],
      bytes: 0,
      hasEnded: false,
      killedNs: undefined,
    };
    this.#options.waitSet.add(child.outputFd);
    if (child.exitFd >= 0) this.#options.waitSet.add(child.exitFd);
    return "begun";
  }

  /** Handles due events. @returns the outcome of a reading, once. Never waits. */
  poll(nowNs: number): Outcome | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    this.#polledNs = nowNs;
    // Asked before the pipe is emptied: once the child has ended, all of its output is in the pipe.
    const exit = running.child.exit();
    this.#drain(running);
    if (running.killedNs !== undefined) {
      this.#awaitEnd(running, exit, nowNs);
      return undefined;
    }
    const isFull = running.bytes > this.#options.maxBytes;
    if (exit !== undefined || isFull) return this.#finish(running, exit, isFull, nowNs);
    if (!this.#isOverdue(running, running.startNs, READ_WITHIN_NS, nowNs)) return undefined;
    this.#late += 1;
    this.#lateInARow += 1;
    this.#kill(running, nowNs);
    return { type: "late" };
  }

  /** Kills a running child; a child that does not die is abandoned. */
  close(): void {
    if (this.#running === undefined) return;
    this.#running.child.kill();
    this.#release(this.#running);
  }

  // --- internal ---

  #drain(running: Running): void {
    while (!running.hasEnded) {
      const chunk = running.child.read();
      if (chunk === undefined) return;
      if (running.bytes <= this.#options.maxBytes) running.chunks.push(chunk);
      running.bytes += chunk.length;
      if (chunk.length > 0) continue;
      running.hasEnded = true;
      this.#options.waitSet.remove(running.child.outputFd);
    }
  }

  #finish(running: Running, exit: ChildExit | undefined, isFull: boolean, nowNs: number): Outcome {
    // A child whose output is cut off dies at its next write.
    if (exit === undefined) this.#kill(running, nowNs);
    else this.#release(running);
    if (!isFull && exit?.exitCode !== 0) return { type: "unreadable" };
    this.#lateInARow = 0;
    const { maxBytes } = this.#options;
    const text = Buffer.concat(running.chunks).toString("utf8", 0, Math.min(running.bytes, maxBytes));
    return { type: "read", text, truncated: isFull };
  }

  #kill(running: Running, nowNs: number): void {
    running.killedNs = nowNs;
    running.deadlineNs = nowNs + DIES_WITHIN_NS;
    running.child.kill();
  }

  /**
   * Whether the deadline is over. It moves by `stepNs` while the child waits for a CPU.
   * @param sinceNs when the child was started, or killed.
   */
  #isOverdue(running: Running, sinceNs: number, stepNs: number, nowNs: number): boolean {
    if (nowNs < running.deadlineNs) return false;
    const isStarved = running.child.isShortOfCpu(nowNs - running.startNs);
    if (!isStarved || nowNs >= sinceNs + STARVED_WITHIN_NS) return true;
    running.deadlineNs = nowNs + stepNs;
    return false;
  }

  #awaitEnd(running: Running, exit: ChildExit | undefined, nowNs: number): void {
    if (exit === undefined) {
      this.#isStuck ||= this.#isOverdue(running, running.killedNs ?? nowNs, DIES_WITHIN_NS, nowNs);
      return;
    }
    this.#isStuck = false;
    this.#release(running);
    if (this.#lateInARow > 0) {
      this.#notBeforeNs = nowNs + Math.min(PAUSE_NS * 2 ** (this.#lateInARow - 1), PAUSE_MAX_NS);
    }
  }

  #release({ child, hasEnded }: Running): void {
    if (!hasEnded) this.#options.waitSet.remove(child.outputFd);
    if (child.exitFd >= 0) this.#options.waitSet.remove(child.exitFd);
    child.close();
    this.#running = undefined;
  }
}
