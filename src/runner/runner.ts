// The runner as a whole: the folder, the bounds, the queue and the notifier put together. In: the output folder, orders,
// notices, the wish to stop; out: reports. Knows no thread: worker.ts wires it to one, tests call it.

import type { CaptureOrder, FrozenMemory, Losses, SampleReason } from "../model/capture.ts";
import type { Notice, NotifySettings } from "../model/notice.ts";
import type { RequestMemory } from "../model/request.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromRunner, RunnerCounts } from "../thread/messages.ts";
import { Baselines } from "./baselines.ts";
import { makeCapture } from "./capture.ts";
import { CaptureQueue } from "./capture-queue.ts";
import { Children } from "./child.ts";
import type { HostFacts } from "./manifest.ts";
import { Notifier } from "./notifier.ts";
import { removeLeftovers } from "./partial-capture.ts";
import type { Host } from "./plan.ts";
import { Precedence } from "./precedence.ts";
import { Slots } from "./slots.ts";

/** Actions at once, of all captures together. */
const ACTIONS_MAX = 4;
/** Of the 4 s that the runner has for its end: then notices and actions are cut short, and captures made without them. */
const STOP_GRACE_MS = 2_000;

export interface RunnerOptions {
  readonly folder: BatchesFolder;
  readonly facts: HostFacts;
  readonly host: Host;
  /** The request table as it is now: lines change while they are read. */
  readonly live: RequestMemory;
  readonly notify: NotifySettings | undefined;
  readonly report: (
    report: Extract<FromRunner, { type: "progress" | "collected" | "dropped" | "notified" }>,
  ) => void;
  /** Something that is wrong with aod itself. */
  readonly fail: (thrown: unknown) => void;
}

export class Runner {
  readonly #children = new Children();
  readonly #stop = new AbortController();
  readonly #folder: BatchesFolder;
  readonly #queue: CaptureQueue;
  readonly #notifier: Notifier;
  readonly #baselines: Baselines;
  readonly #leftovers: number;
  readonly #fail: RunnerOptions["fail"];

  /** Takes over the folder, and removes what an earlier runner has left unfinished in it. */
  constructor({ folder, facts, host, live, notify, report, fail }: RunnerOptions) {
    this.#folder = folder;
    this.#fail = fail;
    this.#leftovers = removeLeftovers(folder);
    const stop = this.#stop.signal;
    const work = {
      host,
      children: this.#children,
      slots: new Slots(ACTIONS_MAX),
      precedence: new Precedence(),
      stop,
    };
    this.#baselines = new Baselines({ ...work, nowNs: monotonicNs });
    const ownLosses = () => this.#losses;
    const captures = { folder, facts, live, ownLosses, baselines: this.#baselines, report };
    const context = { ...work, ...captures, writing: new Slots(1) };
    this.#queue = new CaptureQueue({
      makeCapture: (order, frozen) => makeCapture(order, frozen, context),
      report,
      fail,
    });
    this.#notifier = new Notifier({
      settings: notify,
      host,
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
    const abandoned = this.#children.abandoned + this.#notifier.abandoned;
    return { abandoned_children: abandoned, ...this.#baselines.losses };
  }

  submit(order: CaptureOrder, frozen: FrozenMemory): void {
    this.#queue.submit(order, frozen);
  }

  /** Notes what counters are now; who captures meanwhile does not wait for it. */
  sample(reason: SampleReason): void {
    this.#baselines.sample(reason).catch(this.#fail);
  }

  /** Applies to the notices that come from now on. */
  configure(notify: NotifySettings | undefined): void {
    this.#notifier.configure(notify);
  }

  notify(notice: Notice): void {
    this.#notifier.submit(notice);
  }

  /** Finishes the captures and notices at work, cut short where need be, and drops the others. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), STOP_GRACE_MS);
    await Promise.all([this.#queue.stop(), this.#notifier.stop()]);
    clearTimeout(timer);
    this.#folder.close();
  }
}
