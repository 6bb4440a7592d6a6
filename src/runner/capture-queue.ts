// The queue of capture orders: a few are at work at the same time, a few wait, and the rest are dropped with a reason.
// Each order gets one report, `collected` or `dropped`. The queue does not know how a capture is made.

import { type CaptureOrder, type CaptureSummary, type FrozenMemory, ORDERS_MAX } from "../model/capture.ts";
import { countExhaustion } from "../model/exhaustion.ts";
import { type FailureCode, toFailure } from "../model/failure.ts";
import type { FromRunner } from "../thread/messages.ts";

export interface QueueOptions {
  readonly makeCapture: (order: CaptureOrder, frozen: FrozenMemory) => Promise<CaptureSummary>;
  readonly report: (report: Extract<FromRunner, { type: "collected" | "dropped" }>) => void;
  /** Reports a fault of aod itself. */
  readonly fail: (thrown: unknown) => void;
  /** Pause before a capture is tried again while the host is short of something, ms. */
  readonly retryMs?: number;
}

/** A second incident must not wait for the slowest action of the first, and ten must not load a machine in trouble. */
const AT_WORK_MAX = 2;
const WAITING_MAX = ORDERS_MAX - AT_WORK_MAX;

/**
 * Attempts at a capture while the host is short of file descriptors, processes or memory, and the pause between two.
 */
const TRIES_MAX = 5;
const RETRY_MS = 1_000;

/** Failures of one capture, not of aod: they are reported, and the runner goes on. */
const OUTCOMES: ReadonlySet<FailureCode> = new Set(["DISK_FULL", "CAPTURE_WRITE", "OUTPUT_UNUSABLE"]);

interface Job {
  readonly order: CaptureOrder;
  readonly frozen: FrozenMemory;
}

export class CaptureQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Job[] = [];
  readonly #working = new Set<Promise<void>>();
  #stopping = false;
  #captured = 0;
  #failed = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Captures made, orders dropped, and orders in progress or waiting. */
  get counts(): { readonly captured: number; readonly failed: number; readonly busy: number } {
    return {
      captured: this.#captured,
      failed: this.#failed,
      busy: this.#waiting.length + this.#working.size,
    };
  }

  /** Takes an order; it may be dropped, and reported, before this returns. */
  submit(order: CaptureOrder, frozen: FrozenMemory): void {
    if (this.#stopping) this.#drop(order, "aod is stopping");
    else if (this.#waiting.length >= WAITING_MAX) {
      this.#drop(order, `${this.#working.size} captures are being made and ${WAITING_MAX} wait`);
    } else {
      this.#waiting.push({ order, frozen });
      this.#next();
    }
  }

  /** Drops the waiting orders, and resolves when those at work have reported. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { order } of this.#waiting.splice(0)) this.#drop(order, "aod is stopping");
    await Promise.all(this.#working);
  }

  #next(): void {
    if (this.#working.size >= AT_WORK_MAX) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    const work = this.#work(job).finally(() => {
      this.#working.delete(work);
      this.#next();
    });
    this.#working.add(work);
  }

  async #work({ order, frozen }: Job): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const capture = await this.#options.makeCapture(order, frozen);
        this.#captured++;
        this.#options.report({ type: "collected", capture });
        return;
      } catch (thrown) {
        const { code, message, exhausted } = toFailure(thrown);
        if (exhausted !== undefined) countExhaustion(exhausted);
        if (exhausted === undefined || tries >= TRIES_MAX || this.#stopping) {
          this.#drop(order, message);
          if (exhausted === undefined && !OUTCOMES.has(code)) this.#options.fail(thrown);
          return;
        }
      }
      // The host may have recovered by then, and the frozen tables are still valid.
      await Bun.sleep(this.#options.retryMs ?? RETRY_MS);
    }
  }

  #drop({ orderId }: CaptureOrder, reason: string): void {
    this.#failed++;
    this.#options.report({ type: "dropped", orderId, reason });
  }
}
