// The runner: makes captures from orders, sends notices, and samples counters. It composes the queue, the children, the
// baselines and the notifier. It does not know that it is a thread: worker.ts connects it to one, tests call it
// directly.

import type { CaptureOrder, FrozenMemory, Losses, SampleReason } from "../model/capture.ts";
import { exhaustionLosses } from "../model/exhaustion.ts";
import { AodError } from "../model/failure.ts";
import type { Notice, NotifySettings } from "../model/notice.ts";
import { CLIENT_LISTS_TEXT, type Readability } from "../model/readability.ts";
import type { RequestMemory } from "../model/request.ts";
import { removeLeftovers } from "../packer/partial-capture.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromRunner, RunnerCounts } from "../thread/messages.ts";
import { Baselines } from "./baselines.ts";
import { makeCapture } from "./capture.ts";
import { CaptureQueue } from "./capture-queue.ts";
import { Children } from "./child.ts";
import type { HostFacts } from "./manifest.ts";
import { Notifier } from "./notifier.ts";
import type { Orphans } from "./orphans.ts";
import type { Host } from "./plan.ts";
import { Precedence, Slots } from "./scheduling.ts";

/** Most actions that run at the same time, of all captures together. */
const ACTIONS_MAX = 4;
/**
 * The grace period within the 3.5 s that the runner has to stop. After it, notices and actions are aborted, and
 * captures are finished without them.
 */
const STOP_GRACE_MS = 2_000;

export interface RunnerOptions {
  /** As openBatchesFolder. Called for each capture: the folder may have been removed or replaced since the last one. */
  readonly openFolder: () => BatchesFolder;
  readonly facts: HostFacts;
  readonly host: Host;
  /** The live request table: lines change while they are read. */
  readonly live: RequestMemory;
  readonly notify: NotifySettings | undefined;
  /**
   * Ends processes that detach themselves from their programs; undefined if the kernel does not reparent them to aod.
   */
  readonly orphans?: Orphans | undefined;
  readonly report: (
    report: Extract<FromRunner, { type: "progress" | "collected" | "dropped" | "notified" }>,
  ) => void;
  /** Reports a fault of aod itself. */
  readonly fail: (thrown: unknown) => void;
}

export class Runner {
  readonly #children: Children;
  readonly #orphans: Orphans | undefined;
  readonly #stop = new AbortController();
  readonly #queue: CaptureQueue;
  readonly #notifier: Notifier;
  readonly #baselines: Baselines;
  readonly #leftovers: number;
  readonly #fail: RunnerOptions["fail"];

  /** Removes the unfinished captures of an earlier runner from the folder. */
  constructor({ openFolder, facts, host, live, notify, orphans, report, fail }: RunnerOptions) {
    this.#orphans = orphans;
    this.#children = new Children(undefined, undefined, orphans);
    this.#fail = fail;
    this.#leftovers = removeLeftoversIn(openFolder);
    const stop = this.#stop.signal;
    const work = {
      host,
      children: this.#children,
      slots: new Slots(ACTIONS_MAX),
      precedence: new Precedence(),
      stop,
    };
    this.#baselines = new Baselines({ ...work, nowNs: monotonicNs });
    const ownLosses = () => ({ ...this.#losses, ...exhaustionLosses() });
    const captures = { openFolder, facts, live, ownLosses, baselines: this.#baselines, report };
    const context = { ...work, ...captures, writing: new Slots(1) };
    this.#queue = new CaptureQueue({
      makeCapture: (order, frozen) => makeCapture(order, frozen, context),
      report,
      fail,
    });
    this.#notifier = new Notifier({
      settings: notify,
      host,
      orphans,
      report: (notice, outcome) => report({ type: "notified", notice, outcome }),
      fail,
      stop: this.#stop.signal,
    });
  }

  get counts(): RunnerCounts {
    const notices = this.#notifier.counts;
    return { ...this.#queue.counts, notices, losses: this.#losses, leftovers: this.#leftovers };
  }

  get #losses(): Losses {
    const [children, notifier, orphans] = [this.#children, this.#notifier, this.#orphans];
    return {
      abandoned_children: children.abandoned + notifier.abandoned + (orphans?.abandoned ?? 0),
      unstarted_children: children.unstarted + notifier.unstarted,
      ...this.#baselines.losses,
    };
  }

  submit(order: CaptureOrder, frozen: FrozenMemory): void {
    this.#queue.submit(order, frozen);
  }

  /** Begins to sample the counters; captures do not wait for it. */
  sample(reason: SampleReason): void {
    this.#baselines.sample(reason).catch(this.#fail);
  }

  /**
   * While a lock inside the client is held, no further reader starts: it would only spin for the lock on another CPU.
   */
  noteClientLists(readability: Readability): void {
    this.#children.clientTrouble = readability === "stuck" ? CLIENT_LISTS_TEXT.stuck : undefined;
  }

  /** Applies new settings to the notices that come from now on. */
  configure(notify: NotifySettings | undefined): void {
    this.#notifier.configure(notify);
  }

  notify(notice: Notice): void {
    this.#notifier.submit(notice);
  }

  /** Finishes the captures and notices at work, without their actions if time runs out, and drops the waiting ones. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), STOP_GRACE_MS);
    await Promise.all([this.#queue.stop(), this.#notifier.stop()]);
    clearTimeout(timer);
    this.#orphans?.close();
  }
}

/** Removes nothing if the folder can't be opened: each capture, and the supervisor's own check, report the reason. */
function removeLeftoversIn(openFolder: () => BatchesFolder): number {
  try {
    const folder = openFolder();
    const removed = removeLeftovers(folder);
    folder.close();
    return removed;
  } catch (error) {
    if (error instanceof AodError && error.code === "OUTPUT_UNUSABLE") return 0;
    throw error;
  }
}
