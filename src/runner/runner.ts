// The runner as a whole: the folder, the bounds and the queue put together. In: the output folder, orders, the wish to
// stop; out: reports. Knows no thread: worker.ts wires it to one, tests call it.

import type { CaptureOrder } from "../model/capture.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import type { RunnerCounts } from "../thread/messages.ts";
import type { Host } from "./actions.ts";
import { makeCapture } from "./capture.ts";
import { CaptureQueue, type QueueOptions } from "./capture-queue.ts";
import { Children } from "./child.ts";
import type { HostFacts } from "./manifest.ts";
import { removeLeftovers } from "./partial-capture.ts";
import { Slots } from "./slots.ts";

/** Actions at once, of all captures together. */
const ACTIONS_MAX = 4;
/** A diagnostic tool must not be what fills the disk. */
const FREE_FLOOR_BYTES = 64 * 1024 * 1024;
/** Of the 4 s that the runner has for its end: then actions are cut short, and their captures are made without them. */
const STOP_GRACE_MS = 2_000;

export interface RunnerOptions extends Pick<QueueOptions, "report" | "fail"> {
  readonly folder: BatchesFolder;
  readonly facts: HostFacts;
  readonly host: Host;
  readonly floorBytes?: number;
}

export class Runner {
  readonly #children = new Children();
  readonly #stop = new AbortController();
  readonly #folder: BatchesFolder;
  readonly #queue: CaptureQueue;
  readonly #leftovers: number;

  /** Takes over the folder, and removes what an earlier runner has left unfinished in it. */
  constructor({ folder, facts, host, floorBytes = FREE_FLOOR_BYTES, report, fail }: RunnerOptions) {
    this.#folder = folder;
    this.#leftovers = removeLeftovers(folder);
    const shared = { folder, facts, host, floorBytes, children: this.#children };
    const context = { ...shared, slots: new Slots(ACTIONS_MAX), stop: this.#stop.signal };
    this.#queue = new CaptureQueue({
      makeCapture: (order, table) => makeCapture(order, table, context),
      report,
      fail,
    });
  }

  get counts(): RunnerCounts {
    return { ...this.#queue.counts, abandoned: this.#children.abandoned, leftovers: this.#leftovers };
  }

  submit(order: CaptureOrder, table: ArrayBuffer): void {
    this.#queue.submit(order, table);
  }

  /** Finishes the captures at work, cut short where need be, and drops the others. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), STOP_GRACE_MS);
    await this.#queue.stop();
    clearTimeout(timer);
    this.#folder.close();
  }
}
