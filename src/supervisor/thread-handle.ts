// One supervised worker: starts it, pings it, restarts it when it fails or does not answer, and stops it. restart.ts
// decides the consequence of a failure. A new worker never starts before the previous one has closed.

import type { Losses } from "../model/capture.ts";
import { ERRNO } from "../model/errno.ts";
import { countExhaustion, sumLosses } from "../model/exhaustion.ts";
import { AodError, type Failure, toFailure } from "../model/failure.ts";
import { monotonicNs } from "../system/clock.ts";
import type { Common, CommonReport } from "../thread/messages.ts";
import { type Receiver, send } from "../thread/port.ts";
import { type Backoff, consequenceOf, nextBackoff } from "./restart.ts";

/** The part of a Worker that is used here; main.ts makes workers. */
export interface Spawned extends Receiver {
  terminate(): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: { message?: string; error?: unknown }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
}

export interface ThreadOptions<In, Out> {
  readonly name: string;
  readonly spawn: () => Spawned;
  /** Whether enough descriptors are free, asked before each start: without them Bun ends the process. */
  readonly hasRoom?: (() => boolean) | undefined;
  /** The first commands for a new worker; called at each start. */
  readonly begin: () => readonly In[];
  readonly onReport: (report: Out) => void;
  /** The worker has failed and will be restarted. */
  readonly onRestart: (failure: Failure, delayMs: number) => void;
  /** It has failed for good: the process must end. */
  readonly onFatal: (failure: Failure) => void;
  /** Wakes a worker that sleeps in the kernel; called after each post. */
  readonly wake?: () => void;
  /** Interval of pings; a worker that has not answered by the next ping is lost. */
  readonly pingEveryMs?: number | undefined;
}

const PING_EVERY_MS = 10_000;
/** A worker that is blocked in the kernel can't be replaced: the ring has one reader. */
const CLOSE_WITHIN_MS = 2_000;
/** Shorter when aod stops: the process ends, and a blocked worker with it. */
const LAST_CLOSE_WITHIN_MS = 250;

type State = "idle" | "running" | "closing" | "waiting" | "stopping" | "stopped";

export class ThreadHandle<In extends { type: string }, Out extends { type: string }> {
  readonly #options: ThreadOptions<In, Out>;
  readonly #pingEveryMs: number;
  #worker: Spawned | undefined;
  #state: State = "idle";
  #startedNs = 0;
  #backoff: Backoff | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #answered = true;
  #ready = false;
  #askedNs = 0;
  #restarts = 0;
  /** Shortages of earlier workers, and of this one. */
  #exhaustedBefore: Losses = {};
  #exhausted: Losses = {};
  #whenStopped: ((gone: boolean) => void) | undefined;

  constructor(options: ThreadOptions<In, Out>) {
    this.#options = options;
    this.#pingEveryMs = options.pingEveryMs ?? PING_EVERY_MS;
  }

  get name(): string {
    return this.#options.name;
  }

  /** It has never been started. */
  get idle(): boolean {
    return this.#state === "idle";
  }

  /** It has reported `ready`, and has not failed since. */
  get isReady(): boolean {
    return this.#state === "running" && this.#ready;
  }

  /** Number of restarts. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Shortages that its workers have met, by cause. */
  get exhausted(): Losses {
    return sumLosses([this.#exhaustedBefore, this.#exhausted]);
  }

  /** It does not answer, or does not end. A thread that waits for its restart is not silent. */
  isSilent(nowNs: number): boolean {
    if (this.#state === "closing") return true;
    // A ping needs some time for its answer.
    return (
      this.#state === "running" && !this.#answered && nowNs - this.#askedNs > (this.#pingEveryMs * 1e6) / 2
    );
  }

  start(): void {
    const worker = this.#spawn();
    if (worker === undefined) return;
    this.#worker = worker;
    this.#state = "running";
    this.#startedNs = monotonicNs();
    this.#answered = true;
    this.#ready = false;
    worker.addEventListener("message", ({ data }) => this.#receive(data as Out | CommonReport<unknown>));
    worker.addEventListener("error", ({ message, error }) => {
      this.#fail(error === undefined ? bug(message ?? `${this.name} failed`) : toFailure(error));
    });
    worker.addEventListener("close", () => this.#closed(worker));
    for (const command of this.#options.begin()) this.post(command);
    this.#pingTimer = setInterval(() => this.#ping(), this.#pingEveryMs);
  }

  /**
   * Drops the message while there is no worker: `begin` gives the next one everything that it needs.
   * @returns whether it was sent.
   */
  post(message: In | Common, transfer: ArrayBuffer[] = []): boolean {
    if (this.#worker === undefined || this.#state === "closing") return false;
    send(this.#worker, message, transfer);
    this.#options.wake?.();
    return true;
  }

  /**
   * Lets the worker finish its work in hand, and terminates it if that takes longer.
   * @param withinMs time until it is terminated.
   * @param closeWithinMs time that the termination may take.
   * @returns whether it has ended: false for a worker that is blocked in the kernel.
   */
  async stop(withinMs: number, closeWithinMs = LAST_CLOSE_WITHIN_MS): Promise<boolean> {
    if (this.#state !== "running" && this.#state !== "closing") {
      clearTimeout(this.#deadline);
      this.#state = "stopped";
      return true;
    }
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    clearInterval(this.#pingTimer);
    clearTimeout(this.#deadline);
    const stopped = new Promise<boolean>((resolve) => {
      this.#whenStopped = resolve;
    });
    if (wasRunning) this.post({ type: "stop" });
    const timer = setTimeout(() => this.#terminate(), withinMs);
    // A worker that is blocked in the kernel does not close; the process ends nevertheless.
    const given = setTimeout(() => this.#whenStopped?.(false), withinMs + closeWithinMs);
    const gone = await stopped;
    clearTimeout(timer);
    clearTimeout(given);
    this.#terminate();
    this.#state = "stopped";
    return gone;
  }

  /** Undefined if the host grants no thread now: then the start is retried later. */
  #spawn(): Spawned | undefined {
    try {
      if (this.#options.hasRoom?.() === false)
        throw new AodError("SYSCALL", `start the ${this.name}: EMFILE`, { errno: ERRNO.EMFILE });
      return this.#options.spawn();
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.exhausted === undefined) throw thrown;
      countExhaustion(failure.exhausted);
      this.#backoff = nextBackoff(this.#backoff, 0);
      this.#options.onRestart(failure, this.#backoff.delayMs);
      this.#restartLater();
      return undefined;
    }
  }

  #receive(report: Out | CommonReport<unknown>): void {
    switch (report.type) {
      case "ready":
        this.#ready = true;
        break;
      case "pulse":
        this.#answered = true;
        this.#exhausted = (report as { exhausted?: Losses }).exhausted ?? {};
        break;
      case "failed":
        this.#fail((report as { failure: Failure }).failure);
        return;
      case "stopped":
        this.#whenStopped?.(true);
        return;
    }
    this.#options.onReport(report as Out);
  }

  #ping(): void {
    if (!this.#answered) {
      this.#fail(bug(`${this.name} has not answered for ${this.#pingEveryMs / 1000} s`));
      return;
    }
    this.#answered = false;
    this.#askedNs = monotonicNs();
    this.post({ type: "ping" });
  }

  #fail(failure: Failure): void {
    if (this.#state !== "running") return;
    // A shortage may be over later.
    if (failure.exhausted !== undefined) countExhaustion(failure.exhausted);
    else if (consequenceOf(failure.code) !== "restart") {
      this.#options.onFatal(failure);
      return;
    }
    this.#state = "closing";
    clearInterval(this.#pingTimer);
    this.#backoff = nextBackoff(this.#backoff, (monotonicNs() - this.#startedNs) / 1e6);
    this.#options.onRestart(failure, this.#backoff.delayMs);
    this.#deadline = setTimeout(() => {
      this.#options.onFatal(
        toFailure(new AodError("THREAD_LOST", `${this.name} does not close: blocked in the kernel`)),
      );
    }, CLOSE_WITHIN_MS);
    this.#terminate();
  }

  #terminate(): void {
    this.#worker?.terminate();
    // The worker notices only when it returns from the kernel.
    this.#options.wake?.();
  }

  #closed(worker: Spawned): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#exhaustedBefore = this.exhausted;
    this.#exhausted = {};
    clearTimeout(this.#deadline);
    clearInterval(this.#pingTimer);
    if (this.#state === "running") {
      this.#state = "closing";
      this.#backoff = nextBackoff(this.#backoff, (monotonicNs() - this.#startedNs) / 1e6);
      this.#options.onRestart(bug(`${this.name} exited unexpectedly`), this.#backoff.delayMs);
    }
    if (this.#state === "closing") this.#restartLater();
    else this.#whenStopped?.(true);
  }

  #restartLater(): void {
    this.#state = "waiting";
    this.#deadline = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, this.#backoff?.delayMs ?? 0);
  }
}

function bug(message: string): Failure {
  return toFailure(new AodError("BUG", message));
}
